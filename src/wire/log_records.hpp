// What a log gives to those who read it, and how it goes over a byte stream.
//
// A record is kind u8, flags u8, zero u16, length of the payload u32, position u64, wall time in ms i64,
// payload; numbers are little-endian. Records follow each other without a frame: a batch is their
// concatenation. The bytes of a service are arbitrary, which is why this is no JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::wire {

enum class log_record_kind : std::uint8_t {
  out = 1,
  err = 2,
  ours = 3,     // said by the keeper: what became of the service
  dropped = 4,  // something is missing here: the payload is a log_dropped
  cursor = 5,   // where to go on: the payload is a log_cursor
};

enum log_record_flag : std::uint8_t {
  continued = 1,  // the line goes on in the next record of its stream: it was too long for one
  partial = 2,    // no newline yet; the whole line comes when it is complete
  torn = 4,       // the beginning of the line is no longer kept
  raw = 8,        // bytes as they came, newlines included
  context = 16,   // not selected itself, but near to what was
};
inline constexpr std::uint8_t log_record_flags_all = 31;

struct log_record {
  log_record_kind kind = log_record_kind::out;
  std::uint8_t flags = 0;
  // Where in the log its first byte is; valid for ever.
  std::uint64_t position = 0;
  wall_time wall{};
  // Lines come without their newline.
  std::string payload;

  bool operator==(log_record const&) const = default;
};

struct log_dropped {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  // False when only the bytes are known: the reader did not say how many lines it had seen.
  bool lines_known = true;
  std::string reason;

  bool operator==(log_dropped const&) const = default;
};

// A place in a log between two records. The count of lines makes exact what rotation took from a reader that
// was away.
struct log_cursor {
  static constexpr std::uint64_t lines_unknown = UINT64_MAX;
  std::uint64_t position = 0;
  std::uint64_t lines = lines_unknown;

  bool operator==(log_cursor const&) const = default;
};

// Longer payloads are no records of ours.
inline constexpr std::size_t log_payload_max = std::size_t{1} << 20;
inline constexpr std::size_t log_record_header_size = 24;

void append_log_record(std::string& batch, log_record const& record);
// message_malformed, with the place, for anything that append_log_record does not write.
result<std::vector<log_record>> parse_log_records(std::string_view batch);

std::string encode(log_dropped const& dropped);
std::string encode(log_cursor const& cursor);
result<log_dropped> parse_log_dropped(std::string_view payload);
result<log_cursor> parse_log_cursor(std::string_view payload);

}  // namespace ostler::wire
