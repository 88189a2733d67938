#include "keeper/logs/log_walk.hpp"

#include <algorithm>

namespace ostler::keeper {

log_segment const* log_walk::segment_after(std::uint64_t number) const {
  auto const all = store_->segments();
  auto const found = std::ranges::find_if(all, [&](auto const& each) { return each.number > number; });
  return found == all.end() ? nullptr : &*found;
}

log_segment const* log_walk::segment_before(std::uint64_t number) const {
  log_segment const* found = nullptr;
  for (auto const& each : store_->segments())
    if (each.number < number) found = &each;
  return found;
}

bool log_walk::open(log_segment const& segment) {
  if (!file_ || file_->header().number != segment.number) {
    rest();
    auto file = store_->open_segment(segment);
    if (!file) return false;
    file_ = std::move(*file);
  }
  file_->limit(segment.end_offset);
  return true;
}

void log_walk::stand_at(log_segment const& segment, bool at_end) {
  number_ = segment.number;
  offset_ = at_end ? segment.end_offset : segment_header_size;
  position_ = at_end ? segment.end_position : segment.first_position;
}

void log_walk::seek_end() {
  auto const all = store_->segments();
  if (!all.empty()) stand_at(all.back(), true);
}

void log_walk::seek(std::uint64_t position) {
  number_ = 0;
  for (auto const& segment : store_->segments()) {
    if (segment.end_position <= position) {
      stand_at(segment, true);
      continue;
    }
    if (segment.first_position >= position) return;
    auto const nearer_end = segment.end_position - position < position - segment.first_position;
    stand_at(segment, nearer_end);
    if (nearer_end) {
      while (auto const chunk = previous())
        if (chunk->head.position <= position) return;
      return;
    }
    for (;;) {
      auto const offset = offset_;
      auto const at = position_;
      auto const chunk = next();
      if (!chunk) return;
      if (number_ == segment.number && chunk->head.end_position() <= position) continue;
      // One too far. What is in a later segment begins that segment.
      offset_ = number_ == segment.number ? offset : segment_header_size;
      position_ = number_ == segment.number ? at : chunk->head.position;
      return;
    }
  }
}

std::optional<placed_chunk> log_walk::next() {
  for (;;) {
    auto const* here = segment_after(number_ == 0 ? 0 : number_ - 1);
    if (here == nullptr) return std::nullopt;
    // Its segment is gone: on with the first of those that are left.
    if (here->number != number_) stand_at(*here, false);
    if (offset_ < here->end_offset && open(*here)) {
      if (!file_->whole_chunk_at(offset_, position_)) step_over_damage(*here);
      if (auto const chunk = file_->whole_chunk_at(offset_, position_)) {
        offset_ = chunk->end_offset();
        position_ = chunk->head.end_position();
        return chunk;
      }
    }
    // At its end, or nothing more of it can be read.
    stand_at(*here, true);
    auto const* const after = segment_after(number_);
    if (after == nullptr) return std::nullopt;
    stand_at(*after, false);
  }
}

// What lies behind a damaged chunk is reached from the end of the segment.
void log_walk::step_over_damage(log_segment const& segment) {
  auto at = segment.end_offset;
  auto position = segment.end_position;
  for (;;) {
    auto const chunk = file_->chunk_before(at);
    if (!chunk || chunk->offset < offset_ || chunk->head.position < position_ ||
        chunk->head.end_position() > position)
      break;
    at = chunk->offset;
    position = chunk->head.position;
  }
  offset_ = at;
  position_ = position;
}

std::optional<placed_chunk> log_walk::previous() {
  for (;;) {
    auto const* const here = segment_before(number_ + 1);
    if (here == nullptr) return std::nullopt;
    if (here->number != number_) stand_at(*here, true);
    if (offset_ > segment_header_size && open(*here)) {
      auto const chunk = file_->chunk_before(std::min(offset_, here->end_offset));
      if (chunk && chunk->head.end_position() <= position_) {
        offset_ = chunk->offset;
        position_ = chunk->head.position;
        return chunk;
      }
    }
    stand_at(*here, false);
    auto const* const before = segment_before(number_);
    if (before == nullptr) return std::nullopt;
    stand_at(*before, true);
  }
}

byte_view log_walk::payload(placed_chunk const& chunk) {
  if (!file_) return {};
  return file_->bytes(chunk.payload_offset(), chunk.head.length);
}

bool log_walk::is_kept() const {
  auto const is_it = [&](auto const& each) { return each.number == file_->header().number; };
  return file_ && std::ranges::any_of(store_->segments(), is_it);
}

void log_walk::rest() {
  if (file_) bytes_read_ += file_->bytes_read();
  file_.reset();
}

}  // namespace ostler::keeper
