// Goes through the chunks of a log, both ways, across its segments.
//
// It stands between two chunks and keeps its place while the log grows and while segments go: what is missing
// shows as a chunk whose position is not the one expected.
#pragma once

#include <cstdint>
#include <optional>

#include "keeper/logs/log_store.hpp"

namespace ostler::keeper {

class log_walk {
 public:
  // The store must outlive it. Stands before the first chunk.
  explicit log_walk(log_store const& store) : store_(&store) {}

  // Before the chunk that holds this position, or else the next one after it.
  void seek(std::uint64_t position);
  void seek_end();
  // The chunk passed over; nothing at the end, or at the beginning.
  std::optional<placed_chunk> next();
  std::optional<placed_chunk> previous();
  // Of the chunk passed over last. Valid until the next call; shorter than its head says when the file was
  // damaged meanwhile.
  byte_view payload(placed_chunk const& chunk);
  // Is the chunk passed over last still there, or has its file been used again?
  bool is_kept() const;
  // Gives memory back while there is nothing to do.
  void rest();
  std::uint64_t bytes_read() const { return bytes_read_ + (file_ ? file_->bytes_read() : 0); }

 private:
  log_segment const* segment_after(std::uint64_t number) const;
  log_segment const* segment_before(std::uint64_t number) const;
  bool open(log_segment const& segment);
  void step_over_damage(log_segment const& segment);
  void stand_at(log_segment const& segment, bool at_end);

  log_store const* store_;
  std::optional<segment_file> file_;
  // The segment it stands in; 0 before all of them.
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = segment_header_size;
  std::uint64_t position_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace ostler::keeper
