// One segment of a log, read. It holds a window of the file, 4 KiB while only headers are looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "keeper/logs/format.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// A chunk and where in its segment it begins.
struct placed_chunk {
  std::uint64_t offset = 0;
  chunk_header head;

  std::uint64_t end_offset() const { return offset + head.size_on_disk(); }
  std::uint64_t payload_offset() const { return offset + chunk_header_size; }
};

class segment_file {
 public:
  // text_malformed when the file is not the segment of that number.
  static result<segment_file> open(int directory, std::uint64_t number);

  // A file that was to become that segment when its writer died: it has no header yet, or that of an earlier
  // one.
  static bool is_leftover(int directory, std::uint64_t number);

  segment_header const& header() const { return header_; }
  // What lies beyond is neither read nor remembered; the writer may yet change it.
  void limit(std::uint64_t end) { limit_ = end; }
  std::uint64_t limit() const { return limit_; }

  // The chunk that begins there, if its position is the one expected. Says nothing of its end.
  std::optional<chunk_header> chunk_at(std::uint64_t offset, std::uint64_t position);
  // The same, if it was written to its last byte: only that proves where the next one begins.
  std::optional<placed_chunk> whole_chunk_at(std::uint64_t offset, std::uint64_t position);
  // The chunk that ends there.
  std::optional<placed_chunk> chunk_before(std::uint64_t end_offset);
  // Valid until the next call of anything here; shorter than asked for where the segment ends.
  byte_view bytes(std::uint64_t offset, std::size_t size);
  // Gives back what a large payload needed.
  void shrink();
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  segment_file(system::fd file, segment_header header, std::uint64_t size)
      : file_(std::move(file)), header_(header), limit_(size) {}
  bool is_whole(placed_chunk const& chunk);
  void fill(std::uint64_t offset, std::size_t size);

  system::fd file_;
  segment_header header_;
  std::uint64_t limit_;
  std::vector<std::byte> window_;
  std::uint64_t window_offset_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace ostler::keeper
