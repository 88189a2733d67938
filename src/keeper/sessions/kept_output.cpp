#include "keeper/sessions/kept_output.hpp"

#include <algorithm>
#include <utility>

#include "wire/log_records.hpp"

namespace ostler::keeper {

byte_view kept_output::next(std::size_t bytes_max) {
  while (auto const* const segment = open_segment()) {
    file_->limit(segment->end_offset);
    auto const head = file_->chunk_at(offset_, at_);
    if (!head) {
      skip_segment(*segment);
      continue;
    }
    if (head->stream != which_ || position_ >= head->end_position()) {
      skip_chunk(*head);
      continue;
    }
    auto const taken = position_ - at_;
    auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, head->length - taken));
    auto const bytes = file_->bytes(offset_ + chunk_header_size + taken, wanted);
    if (bytes.empty()) {
      skip_segment(*segment);
      continue;
    }
    position_ += bytes.size();
    return bytes;
  }
  return {};
}

log_segment const* kept_output::find_open() const {
  if (!file_) return nullptr;
  // The file of a segment that is gone may hold another by now.
  auto const found = std::ranges::find(log_->segments(), file_->header().number, &log_segment::number);
  return found == log_->segments().end() ? nullptr : &*found;
}

// That in which the next chunk lies; null when all was given.
log_segment const* kept_output::open_segment() {
  auto const* const open = find_open();
  if (open != nullptr && offset_ < open->end_offset) return open;
  file_.reset();
  for (auto const& segment : log_->segments()) {
    if (segment.end_position <= position_) continue;
    if (segment.first_position > position_)
      lost_ += segment.first_position - std::exchange(position_, segment.first_position);
    if (auto file = log_->open_segment(segment)) {
      file_.emplace(std::move(*file));
      offset_ = segment_header_size;
      at_ = segment.first_position;
      return &segment;
    }
    skip_segment(segment);
  }
  return nullptr;
}

void kept_output::skip_segment(log_segment const& segment) {
  lost_ += segment.end_position - std::min(position_, segment.end_position);
  position_ = std::max(position_, segment.end_position);
  file_.reset();
}

void kept_output::skip_chunk(chunk_header const& head) {
  if (head.stream == log_stream::ours && (head.flags & chunk_dropped) != 0 && position_ < head.end_position())
    if (auto const told =
            wire::parse_log_dropped(as_text(file_->bytes(offset_ + chunk_header_size, head.length))))
      lost_ += told->bytes;
  offset_ += head.size_on_disk();
  at_ = head.end_position();
  position_ = std::max(position_, at_);
}

}  // namespace ostler::keeper
