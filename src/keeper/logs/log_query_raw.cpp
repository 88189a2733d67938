// Bytes as they came, without putting lines together.
#include <algorithm>

#include "keeper/logs/log_query.hpp"

namespace ostler::keeper {
namespace {

bool wants(std::uint8_t streams, log_stream stream) {
  return (streams & (1U << (static_cast<unsigned>(stream) - 1))) != 0;
}

}  // namespace

void log_query::read_raw(log_batch& batch, std::size_t bytes_max) {
  constexpr int chunks_max = 4096;
  for (int looked = 0; looked < chunks_max && !limit_reached_ && batch_bytes_ < bytes_max; ++looked) {
    auto const chunk = raw_->next();
    if (!chunk) {
      raw_->rest();
      batch.state = question_.follow ? log_batch::then::waiting : log_batch::then::end;
      return;
    }
    take_raw(batch, *chunk);
  }
}

void log_query::take_raw(log_batch& batch, placed_chunk const& chunk) {
  auto const& head = chunk.head;
  // Already given before this question, as a whole or in part.
  if (head.end_position() <= raw_at_.position) return;
  if (head.position > raw_at_.position)
    give(batch, {.kind = wire::log_record_kind::dropped,
                 .position = raw_at_.position,
                 .wall = head.wall,
                 .payload = wire::encode(gap_before(raw_at_, head))});
  auto const begin = std::max(raw_at_.position, head.position);
  raw_at_ = {.position = head.end_position(), .lines = head.end_lines()};
  auto const selected = wants(question_.streams, head.stream) &&
                        (!question_.since || head.wall >= *question_.since) &&
                        (!question_.until || head.wall <= *question_.until);
  auto const is_note = (head.flags & chunk_dropped) != 0;
  if (!selected && !is_note) return;
  auto const all = as_text(raw_->payload(chunk));
  auto const bytes =
      all.substr(std::min<std::size_t>(static_cast<std::size_t>(begin - head.position), all.size()));
  if (is_note && !wire::parse_log_dropped(bytes)) return;
  give(batch,
       {.kind = is_note ? wire::log_record_kind::dropped : static_cast<wire::log_record_kind>(head.stream),
        .flags = static_cast<std::uint8_t>(is_note ? 0 : wire::raw),
        .position = begin,
        .wall = head.wall,
        .payload = std::string(bytes)});
  bytes_given_ += bytes.size();
  limit_reached_ = question_.bytes_max && bytes_given_ >= *question_.bytes_max;
}

}  // namespace ostler::keeper
