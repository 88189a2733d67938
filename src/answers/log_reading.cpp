#include "answers/log_reading.hpp"

#include <utility>

namespace ostler::answers {
namespace {

// Behind kind, flags and two bytes of nothing.
constexpr std::size_t length_at = 4;

std::size_t length_of(std::string_view header) {
  std::size_t length = 0;
  for (std::size_t i = 4; i-- > 0;) length = length << 8U | static_cast<std::uint8_t>(header[length_at + i]);
  return length;
}

}  // namespace

task<result<std::unique_ptr<record_stream>>> record_stream::open(keeper_ptr keeper, wire::log_read how) {
  auto made = std::make_unique<record_stream>(keeper);
  how.stream = made->stream_.number();
  auto const begun = co_await keeper->ask<wire::nothing>("logs.read", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  co_return made;
}

result<void> record_stream::take(std::string_view bytes) {
  held_ += bytes;
  std::size_t at = 0;
  while (held_.size() - at >= wire::log_record_header_size) {
    auto const length = length_of(std::string_view(held_).substr(at));
    auto const size = wire::log_record_header_size + length;
    // One that is too long is refused by whoever reads it.
    if (length <= wire::log_payload_max && held_.size() - at < size) break;
    auto const part = std::string_view(held_).substr(at, size);
    auto records = wire::parse_log_records(part);
    if (!records) return std::unexpected(records.error());
    at += size;
    for (auto& each : *records) {
      if (each.kind != wire::log_record_kind::cursor) {
        ready_.push_back(std::move(each));
        continue;
      }
      auto const cursor = wire::parse_log_cursor(each.payload);
      if (!cursor) return std::unexpected(cursor.error());
      cursor_ = cursor->position;
    }
  }
  held_.erase(0, at);
  return {};
}

task<result<std::optional<wire::log_record>>> record_stream::next() {
  while (ready_.empty()) {
    auto const piece = co_await stream_.read();
    if (!piece) co_return std::unexpected(piece.error());
    if (!*piece) co_return std::optional<wire::log_record>();
    if (auto done = take(**piece); !done) co_return std::unexpected(done.error());
  }
  std::optional<wire::log_record> out(std::move(ready_.front()));
  ready_.pop_front();
  co_return out;
}

std::uint64_t position_behind(wire::log_record const& record) {
  bool const printed = record.kind == wire::log_record_kind::out || record.kind == wire::log_record_kind::err;
  bool const whole = (record.flags & (wire::partial | wire::continued | wire::raw)) == 0;
  // A gap has no bytes of its own here.
  if (record.kind == wire::log_record_kind::dropped) return record.position;
  return record.position + record.payload.size() + (printed && whole ? 1 : 0);
}

bool counts(wire::log_record const& record) {
  return record.kind != wire::log_record_kind::dropped && (record.flags & wire::context) == 0;
}

operations::log_line line_of(wire::log_record const& record, std::string const& service,
                             std::string const& session) {
  operations::log_line out;
  out.service = service;
  out.session = session;
  out.time = record.wall;
  out.text = record.payload;
  out.continued = (record.flags & (wire::continued | wire::partial)) != 0;
  out.context = (record.flags & wire::context) != 0;
  switch (record.kind) {
    case wire::log_record_kind::err: out.stream = operations::log_stream::err; break;
    case wire::log_record_kind::ours: out.kind = operations::log_line_kind::lifecycle; break;
    case wire::log_record_kind::dropped: {
      out.kind = operations::log_line_kind::gap;
      auto const gap = wire::parse_log_dropped(record.payload);
      out.text = gap ? gap->reason : std::string();
      out.dropped = gap ? gap->lines : 0;
      break;
    }
    case wire::log_record_kind::out:
    case wire::log_record_kind::cursor: break;
  }
  return out;
}

}  // namespace ostler::answers
