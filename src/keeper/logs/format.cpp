#include "keeper/logs/format.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "wire/little_endian.hpp"

namespace ostler::keeper {
namespace {

using wire::get;
using wire::put;

constexpr std::string_view magic = "ostlog1\n";
constexpr std::string_view suffix = ".log";
constexpr std::size_t number_digits = 16;

std::uint64_t check_of(byte_view bytes, std::uint64_t nonce) {
  return fingerprint().add(nonce).add(as_text(bytes)).value();
}

std::uint32_t folded(std::uint64_t value) { return static_cast<std::uint32_t>(value ^ (value >> 32)); }

std::uint32_t footer_check(chunk_header const& header, std::uint64_t nonce) {
  return folded(fingerprint().add(nonce).add(header.position).add(std::uint64_t{header.length}).value());
}

bool is_sound(chunk_header const& header, std::uint8_t stream) {
  auto const whole = header.stream != log_stream::ours || (header.flags & chunk_cut) == 0;
  auto const open_sound = [](std::uint32_t open) { return open <= log_line_max; };
  return stream >= 1 && stream <= 3 && whole && header.length >= 1 && header.length <= chunk_payload_max &&
         header.lines <= header.length && header.position <= log_position_max &&
         header.lines_before <= log_position_max && header.flags <= (chunk_cut | chunk_dropped) &&
         std::ranges::all_of(header.open, open_sound);
}

}  // namespace

std::uint32_t chunk_header::open_own() const {
  return stream == log_stream::ours ? 0 : open[open_index(stream)];
}

std::string segment_name(std::uint64_t number) { return fmt::format("{:016x}{}", number, suffix); }

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (name.size() != number_digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  auto const* const end = name.data() + number_digits;
  auto const read = std::from_chars(name.data(), end, number, 16);
  // One spelling only, so that two names never stand for the same segment.
  if (read.ec != std::errc() || read.ptr != end || segment_name(number) != name) return std::nullopt;
  return number;
}

void encode(segment_header const& header, std::byte* to) {
  std::memset(to, 0, segment_header_size);
  std::memcpy(to, magic.data(), magic.size());
  put(to + 8, header.number);
  put(to + 16, header.nonce);
  put(to + 24, header.first_position);
  put(to + 32, header.first_lines);
  put(to + 56, check_of({to, 56}, header.nonce));
}

std::optional<segment_header> parse_segment_header(byte_view bytes) {
  if (bytes.size() < segment_header_size || as_text(bytes.first(magic.size())) != magic) return std::nullopt;
  auto const* const from = bytes.data();
  segment_header const header{
      .number = get<std::uint64_t>(from + 8),
      .nonce = get<std::uint64_t>(from + 16),
      .first_position = get<std::uint64_t>(from + 24),
      .first_lines = get<std::uint64_t>(from + 32),
  };
  if (get<std::uint64_t>(from + 56) != check_of(bytes.first(56), header.nonce)) return std::nullopt;
  if (header.first_position > log_position_max || header.first_lines > log_position_max) return std::nullopt;
  return header;
}

void encode(chunk_header const& header, std::uint64_t nonce, std::byte* to) {
  put(to + 4, header.length);
  put(to + 8, static_cast<std::uint8_t>(header.stream));
  put(to + 9, header.flags);
  put(to + 10, std::uint16_t{0});
  put(to + 12, header.lines);
  put(to + 16, static_cast<std::uint64_t>(header.wall.time_since_epoch().count()));
  put(to + 24, header.position);
  put(to + 32, header.lines_before);
  put(to + 40, header.open[0]);
  put(to + 44, header.open[1]);
  put(to + 48, header.left_bytes);
  put(to + 52, header.left_lines);
  put(to, folded(check_of({to + 4, chunk_header_size - 4}, nonce)));
}

std::optional<chunk_header> parse_chunk_header(byte_view bytes, std::uint64_t nonce) {
  if (bytes.size() < chunk_header_size) return std::nullopt;
  auto const* const from = bytes.data();
  if (get<std::uint32_t>(from) != folded(check_of(bytes.subspan(4, chunk_header_size - 4), nonce)))
    return std::nullopt;
  auto const stream = get<std::uint8_t>(from + 8);
  chunk_header const header{
      .length = get<std::uint32_t>(from + 4),
      .stream = static_cast<log_stream>(stream),
      .flags = get<std::uint8_t>(from + 9),
      .lines = get<std::uint32_t>(from + 12),
      .wall = wall_time(milliseconds(static_cast<std::int64_t>(get<std::uint64_t>(from + 16)))),
      .position = get<std::uint64_t>(from + 24),
      .lines_before = get<std::uint64_t>(from + 32),
      .open = {get<std::uint32_t>(from + 40), get<std::uint32_t>(from + 44)},
      .left_bytes = get<std::uint32_t>(from + 48),
      .left_lines = get<std::uint32_t>(from + 52),
  };
  if (!is_sound(header, stream)) return std::nullopt;
  return header;
}

void encode_footer(chunk_header const& header, std::uint64_t nonce, std::byte* to) {
  put(to, header.length);
  put(to + 4, footer_check(header, nonce));
}

bool footer_fits(byte_view bytes, chunk_header const& header, std::uint64_t nonce) {
  return bytes.size() >= chunk_footer_size && get<std::uint32_t>(bytes.data()) == header.length &&
         get<std::uint32_t>(bytes.data() + 4) == footer_check(header, nonce);
}

std::uint32_t footer_length(byte_view bytes) {
  return bytes.size() < chunk_footer_size ? 0 : get<std::uint32_t>(bytes.data());
}

}  // namespace ostler::keeper
