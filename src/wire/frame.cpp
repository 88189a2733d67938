#include "wire/frame.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "base/ensure.hpp"

namespace ostler::wire {
namespace {

void write_number(std::string& out, std::uint32_t number) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift);
}

std::uint32_t read_number(std::string_view from) {
  std::uint32_t number = 0;
  for (unsigned at = 0; at < 4; ++at)
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[at])) << (8 * at);
  return number;
}

std::size_t size_max(frame_kind kind) {
  switch (kind) {
    case frame_kind::control: return control_size_max;
    case frame_kind::data: return data_size_max;
    case frame_kind::end: return 0;
    case frame_kind::credit: return 4;
    case frame_kind::cancel: break;
  }
  return 16UL * 1024;
}

constexpr std::size_t read_size = 16UL * 1024;

}  // namespace

void write_frame_header(std::string& out, frame_kind kind, std::uint32_t stream, std::size_t size) {
  ensure(size <= size_max(kind), "a frame is within the limit of its kind");
  write_number(out, static_cast<std::uint32_t>(size));
  out += static_cast<char>(kind);
  write_number(out, stream);
}

void write_frame(std::string& out, frame_kind kind, std::uint32_t stream, std::string_view payload) {
  write_frame_header(out, kind, stream, payload.size());
  out += payload;
}

void write_control(std::string& out, std::string_view message) {
  write_frame(out, frame_kind::control, 0, message);
}

void write_credit(std::string& out, std::uint32_t stream, std::uint32_t bytes) {
  write_frame_header(out, frame_kind::credit, stream, 4);
  write_number(out, bytes);
}

std::optional<std::uint32_t> credit_of(frame const& value) {
  if (value.kind != frame_kind::credit || value.payload.size() != 4) return std::nullopt;
  return read_number(value.payload);
}

std::span<char> frame_reader::space() {
  // What was given out is no longer needed.
  if (taken_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + taken_, used_ - taken_);
    used_ -= taken_;
    taken_ = 0;
  }
  if (buffer_.size() - used_ < read_size) buffer_.resize(used_ + read_size);
  return {buffer_.data() + used_, buffer_.size() - used_};
}

void frame_reader::filled(std::size_t count) {
  ensure(count <= buffer_.size() - used_, "no more came than there was space for");
  used_ += count;
}

result<std::optional<frame>> frame_reader::next() {
  std::string_view const rest(buffer_.data() + taken_, used_ - taken_);
  if (rest.empty()) {
    // An idle link costs no memory.
    buffer_ = {};
    used_ = taken_ = 0;
    return std::nullopt;
  }
  if (rest.size() < frame_header_size) return std::nullopt;
  auto const size = read_number(rest);
  auto const number = static_cast<std::uint8_t>(rest[4]);
  if (number >= frame_kind_count)
    return fail(error_code::message_malformed, fmt::format("a frame is of the unknown kind {}", number));
  auto const kind = static_cast<frame_kind>(number);
  if (size > size_max(kind))
    return fail(
        error_code::message_malformed,
        fmt::format("a frame of kind {} has {} bytes; allowed: at most {}", number, size, size_max(kind)));
  auto const stream = read_number(rest.substr(5));
  if ((kind == frame_kind::control) != (stream == 0))
    return fail(error_code::message_malformed,
                fmt::format("a frame of kind {} names the stream {}", number, stream));
  if (rest.size() < frame_header_size + size) return std::nullopt;
  taken_ += frame_header_size + size;
  return frame{.kind = kind, .stream = stream, .payload = rest.substr(frame_header_size, size)};
}

}  // namespace ostler::wire
