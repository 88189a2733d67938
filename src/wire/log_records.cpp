#include "wire/log_records.hpp"

#include <fmt/format.h>

#include "wire/little_endian.hpp"

namespace ostler::wire {
namespace {

std::unexpected<error> malformed(std::size_t at, std::string_view why) {
  return fail(error_code::message_malformed,
              fmt::format("read a batch of log records: at byte {}, {}", at, why));
}

bool is_kind(std::uint8_t number) { return number >= 1 && number <= 5; }

// Does the payload of these kinds read as what they say they are?
result<void> check_payload(log_record const& record) {
  if (record.kind == log_record_kind::dropped)
    if (auto read = parse_log_dropped(record.payload); !read) return std::unexpected(read.error());
  if (record.kind == log_record_kind::cursor)
    if (auto read = parse_log_cursor(record.payload); !read) return std::unexpected(read.error());
  return {};
}

result<log_record> parse_one(std::string_view batch, std::size_t at) {
  if (batch.size() - at < log_record_header_size) return malformed(at, "the header of a record is cut off");
  auto const kind = get<std::uint8_t>(batch, at);
  auto const flags = get<std::uint8_t>(batch, at + 1);
  auto const length = get<std::uint32_t>(batch, at + 4);
  if (!is_kind(kind)) return malformed(at, fmt::format("there is no kind {}", kind));
  if ((flags & ~log_record_flags_all) != 0)
    return malformed(at + 1, fmt::format("there are no flags {}", flags));
  if (get<std::uint16_t>(batch, at + 2) != 0) return malformed(at + 2, "what is reserved is not zero");
  if (length > log_payload_max)
    return malformed(at + 4, fmt::format("a payload of {} bytes is too long", length));
  if (batch.size() - at - log_record_header_size < length)
    return malformed(at, "the payload of a record is cut off");
  log_record record{
      .kind = static_cast<log_record_kind>(kind),
      .flags = flags,
      .position = get<std::uint64_t>(batch, at + 8),
      .wall = wall_time(milliseconds(static_cast<std::int64_t>(get<std::uint64_t>(batch, at + 16)))),
      .payload = std::string(batch.substr(at + log_record_header_size, length)),
  };
  if (auto sound = check_payload(record); !sound) return std::unexpected(sound.error());
  return record;
}

}  // namespace

void append_log_record(std::string& batch, log_record const& record) {
  put(batch, static_cast<std::uint8_t>(record.kind));
  put(batch, record.flags);
  put(batch, std::uint16_t{0});
  put(batch, static_cast<std::uint32_t>(record.payload.size()));
  put(batch, record.position);
  put(batch, static_cast<std::uint64_t>(record.wall.time_since_epoch().count()));
  batch += record.payload;
}

result<std::vector<log_record>> parse_log_records(std::string_view batch) {
  std::vector<log_record> records;
  for (std::size_t at = 0; at < batch.size();) {
    auto record = parse_one(batch, at);
    if (!record) return std::unexpected(record.error());
    at += log_record_header_size + record->payload.size();
    records.push_back(std::move(*record));
  }
  return records;
}

std::string encode(log_dropped const& dropped) {
  std::string bytes;
  put(bytes, dropped.lines);
  put(bytes, dropped.bytes);
  put(bytes, static_cast<std::uint8_t>(dropped.lines_known));
  return bytes + dropped.reason;
}

std::string encode(log_cursor const& cursor) {
  std::string bytes;
  put(bytes, cursor.position);
  put(bytes, cursor.lines);
  return bytes;
}

result<log_dropped> parse_log_dropped(std::string_view payload) {
  constexpr std::size_t numbers = 17;
  if (payload.size() < numbers || get<std::uint8_t>(payload, 16) > 1)
    return fail(error_code::message_malformed, "read what a log dropped: it is not two numbers and a reason");
  return log_dropped{
      .lines = get<std::uint64_t>(payload, 0),
      .bytes = get<std::uint64_t>(payload, 8),
      .lines_known = get<std::uint8_t>(payload, 16) == 1,
      .reason = std::string(payload.substr(numbers)),
  };
}

result<log_cursor> parse_log_cursor(std::string_view payload) {
  if (payload.size() != 16)
    return fail(error_code::message_malformed, "read the cursor of a log: it is not two numbers");
  return log_cursor{.position = get<std::uint64_t>(payload, 0), .lines = get<std::uint64_t>(payload, 8)};
}

}  // namespace ostler::wire
