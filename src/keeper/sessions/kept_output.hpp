// Gives the output of a session back from its log, one stream of it, from wherever one begins.
//
// What the log no longer has, or could never write, is counted: a reader who got less than everything is told
// so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "keeper/logs/log_store.hpp"

namespace ostler::keeper {

class kept_output {
 public:
  // The log must outlive it.
  kept_output(log_store const& log, log_stream which, std::uint64_t from)
      : log_(&log), which_(which), position_(from), at_(from) {}

  // The next bytes, at most so many; empty when there are no more by now. Valid until the next call, and
  // until something is appended.
  byte_view next(std::size_t bytes_max);
  // Bytes of the log, of whichever stream, that could not be given.
  std::uint64_t lost() const { return lost_; }

 private:
  log_segment const* open_segment();
  log_segment const* find_open() const;
  void skip_segment(log_segment const& segment);
  void skip_chunk(chunk_header const& head);

  log_store const* log_;
  log_stream which_;
  // Of the next byte.
  std::uint64_t position_;
  std::optional<segment_file> file_;
  // The chunk that it is in: where in the file, and which position it begins with.
  std::uint64_t offset_ = 0;
  std::uint64_t at_;
  std::uint64_t lost_ = 0;
};

}  // namespace ostler::keeper
