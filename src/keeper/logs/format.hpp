// How a log lies on disk: files of segments, each a header and chunks.
//
//   segment   header (64 bytes), chunk, chunk, …          the file NNNNNNNNNNNNNNNN.log, its number in
//   hexadecimal chunk     header (56 bytes), 1 to 65536 bytes as they came, footer (8 bytes)
//
// The footer is written last, so it proves that its chunk is whole after the death of the writer at any
// instant; it also says how long the chunk is, which leads backward. Both checks depend on a random number of
// the segment: a file that is used again for a later segment may hold old chunks behind the end, and a
// service may print what looks like a chunk, and neither is taken for one.
//
// A position counts the bytes of payload from the beginning of the log, so it stays valid when old segments
// go. Every state is told by the files alone: a header carries what was counted before it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/instant.hpp"

namespace ostler::keeper {

enum class log_stream : std::uint8_t {
  out = 1,
  err = 2,
  ours = 3,  // said by the keeper, always whole lines
};

// Longer lines are cut into pieces, by the writer, so that every reader cuts them alike.
inline constexpr std::uint32_t log_line_max = 256 * 1024;
inline constexpr std::uint32_t chunk_payload_max = 64 * 1024;
inline constexpr std::size_t segment_header_size = 64;
inline constexpr std::size_t chunk_header_size = 56;
inline constexpr std::size_t chunk_footer_size = 8;
inline constexpr std::size_t chunk_overhead = chunk_header_size + chunk_footer_size;
// No log gets there in a thousand years; what claims to be beyond is damage, and sums stay far from overflow.
inline constexpr std::uint64_t log_position_max = std::uint64_t{1} << 62;

struct segment_header {
  std::uint64_t number = 0;
  std::uint64_t nonce = 0;
  std::uint64_t first_position = 0;
  std::uint64_t first_lines = 0;
};

enum chunk_flag : std::uint8_t {
  chunk_cut = 1,      // the line of this stream was cut before this chunk, because it is too long
  chunk_dropped = 2,  // of `ours`: the payload is a wire::log_dropped
};

struct chunk_header {
  std::uint32_t length = 0;
  log_stream stream = log_stream::out;
  std::uint8_t flags = 0;
  // Newlines in the payload.
  std::uint32_t lines = 0;
  wall_time wall{};
  std::uint64_t position = 0;
  std::uint64_t lines_before = 0;
  // How many bytes of an unfinished line of out and of err precede this chunk.
  std::array<std::uint32_t, 2> open{};
  // What the same write had yet to keep after this chunk: tells how much a death in its midst has cost.
  std::uint32_t left_bytes = 0;
  std::uint32_t left_lines = 0;

  std::uint64_t end_position() const { return position + length; }
  std::uint64_t end_lines() const { return lines_before + lines; }
  std::uint64_t size_on_disk() const { return chunk_overhead + length; }
  // Of the stream of this chunk.
  std::uint32_t open_own() const;
};

// The place in chunk_header::open, for out and err.
constexpr std::size_t open_index(log_stream stream) { return stream == log_stream::err ? 1 : 0; }

std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> segment_number(std::string_view name);

void encode(segment_header const& header, std::byte* to);
std::optional<segment_header> parse_segment_header(byte_view bytes);

void encode(chunk_header const& header, std::uint64_t nonce, std::byte* to);
// Nothing when it is not a chunk of the segment with that nonce.
std::optional<chunk_header> parse_chunk_header(byte_view bytes, std::uint64_t nonce);

void encode_footer(chunk_header const& header, std::uint64_t nonce, std::byte* to);
bool footer_fits(byte_view bytes, chunk_header const& header, std::uint64_t nonce);
// The length that a footer claims; whether it is one shows only at the header it leads to.
std::uint32_t footer_length(byte_view bytes);

}  // namespace ostler::keeper
