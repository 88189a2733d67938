#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"
#include "wire/utf8.hpp"

namespace ostler::wire {
namespace {

constexpr std::size_t read_size = 4096;
constexpr unsigned last_bit = 0x80;
constexpr unsigned mask_bit = 0x80;
constexpr std::size_t mask_size = 4;

using mask_bytes = std::array<char, mask_size>;

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// Numbers of the wire begin with their highest byte.
void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned left = bytes; left > 0; --left)
    out += static_cast<char>((number >> (8 * (left - 1))) & 0xffU);
}

std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number = number << 8U | byte_at(text, at + i);
  return number;
}

void apply_mask(std::span<char> bytes, mask_bytes const& mask) {
  // Eight at once: whole files are sent masked.
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), mask_size);
  std::memcpy(reinterpret_cast<char*>(&wide) + mask_size, mask.data(), mask_size);
  std::size_t at = 0;
  for (; at + sizeof wide <= bytes.size(); at += sizeof wide) {
    std::uint64_t part = 0;
    std::memcpy(&part, &bytes[at], sizeof part);
    part ^= wide;
    std::memcpy(&bytes[at], &part, sizeof part);
  }
  for (; at < bytes.size(); ++at)
    bytes[at] = static_cast<char>(byte_at({&bytes[at], 1}, 0) ^ byte_at({&mask.at(at % mask_size), 1}, 0));
}

bool is_control(websocket_kind kind) { return static_cast<std::uint8_t>(kind) >= 8; }

bool is_known(unsigned number) { return number <= 2 || (number >= 8 && number <= 10); }

// Those that may stand in a close: RFC 6455, 7.4, and what was registered since.
bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

void write_websocket(std::string& out, websocket_kind kind, std::string_view payload,
                     std::optional<std::uint32_t> mask) {
  ensure(kind != websocket_kind::more, "a message is written as one frame");
  ensure(!is_control(kind) || payload.size() <= websocket_control_max, "a control frame is within its limit");
  auto const bit = mask ? mask_bit : 0U;
  out += static_cast<char>(last_bit | static_cast<unsigned>(kind));
  if (payload.size() < 126) {
    out += static_cast<char>(bit | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(bit | 126U);
    append_number(out, payload.size(), 2);
  } else {
    out += static_cast<char>(bit | 127U);
    append_number(out, payload.size(), 8);
  }
  if (!mask) {
    out += payload;
    return;
  }
  mask_bytes bytes{};
  std::memcpy(bytes.data(), &*mask, mask_size);
  out.append(bytes.data(), mask_size);
  auto const begin = out.size();
  out += payload;
  apply_mask(std::span(out).subspan(begin), bytes);
}

std::string websocket_close_payload(websocket_close code, std::string_view reason) {
  std::string out;
  append_number(out, static_cast<std::uint64_t>(code), 2);
  while (!reason.empty()) {
    auto const size = utf8_size(reason);
    if (size == 0 || out.size() + size > websocket_control_max) break;
    out += reason.substr(0, size);
    reason.remove_prefix(size);
  }
  return out;
}

websocket_closing websocket_closing_of(std::string_view payload) {
  if (payload.size() < 2) return {};
  return {.code = static_cast<std::uint16_t>(number_at(payload, 0, 2)),
          .reason = std::string(payload.substr(2))};
}

std::span<char> websocket_reader::space() {
  // What was given out is no longer needed.
  if (taken_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + taken_, used_ - taken_);
    used_ -= taken_;
    taken_ = 0;
  }
  if (buffer_.size() - used_ < read_size) buffer_.resize(used_ + read_size);
  return std::span(buffer_).subspan(used_);
}

void websocket_reader::filled(std::size_t count) {
  ensure(count <= buffer_.size() - used_, "no more came than there was space for");
  used_ += count;
}

std::unexpected<error> websocket_reader::refuse(websocket_close why, std::string message) {
  refusal_ = why;
  closed_ = true;
  auto const code =
      why == websocket_close::too_large ? error_code::body_too_large : error_code::message_malformed;
  return fail(code, std::move(message));
}

result<std::optional<websocket_message>> websocket_reader::next() {
  if (given_) {
    message_ = {};
    given_ = false;
  }
  while (!closed_) {
    std::string_view const rest(buffer_.data() + taken_, used_ - taken_);
    if (rest.empty()) {
      // An idle connection costs no memory.
      buffer_ = {};
      used_ = taken_ = 0;
      return std::nullopt;
    }
    auto const found = read_header(rest);
    if (!found) return std::unexpected(found.error());
    // The frame alone may not fit: said before its bytes are awaited.
    if (*found)
      if (auto const fine = check(**found); !fine) return std::unexpected(fine.error());
    if (!*found || rest.size() - (*found)->begins < (*found)->size) return std::nullopt;
    auto const& frame = **found;
    auto const payload = std::span(buffer_).subspan(taken_ + frame.begins, frame.size);
    if (frame.masked) {
      mask_bytes mask{};
      rest.copy(mask.data(), mask_size, frame.begins - mask_size);
      apply_mask(payload, mask);
    }
    taken_ += frame.begins + frame.size;
    auto done = take(frame, {payload.data(), payload.size()});
    if (!done || *done) return done;
  }
  return std::nullopt;
}

result<std::optional<websocket_reader::header>> websocket_reader::read_header(std::string_view rest) {
  if (rest.size() < 2) return std::nullopt;
  auto const first = byte_at(rest, 0);
  auto const number = first & 0x0fU;
  if ((first & 0x70U) != 0)
    return refuse(websocket_close::protocol_error,
                  "a WebSocket frame has reserved bits, but no extension was agreed on");
  if (!is_known(number))
    return refuse(websocket_close::protocol_error,
                  fmt::format("a WebSocket frame is of the unknown kind {}", number));
  std::uint64_t size = byte_at(rest, 1) & 0x7fU;
  std::size_t const more = size == 126 ? 2 : size == 127 ? 8 : 0;
  header out{.kind = static_cast<websocket_kind>(number),
             .last = (first & last_bit) != 0,
             .masked = (byte_at(rest, 1) & mask_bit) != 0,
             .begins = 2 + more,
             .size = size};
  if (out.masked != (sender_ == websocket_role::client))
    return refuse(websocket_close::protocol_error, out.masked ? "a WebSocket server must not mask its frames"
                                                              : "a WebSocket client must mask its frames");
  if (out.masked) out.begins += mask_size;
  if (rest.size() < out.begins) return std::nullopt;
  if (more == 0) return out;
  out.size = number_at(rest, 2, more);
  auto const shortest = more == 2 ? out.size >= 126 : out.size > 0xffff;
  if (!shortest)
    return refuse(websocket_close::protocol_error,
                  "the length of a WebSocket frame is not in its shortest form");
  return out;
}

result<void> websocket_reader::check(header const& found) {
  if (is_control(found.kind)) {
    if (!found.last || found.size > websocket_control_max)
      return refuse(websocket_close::protocol_error,
                    fmt::format("a WebSocket control frame must be whole and have at most {} bytes",
                                websocket_control_max));
    return {};
  }
  if ((found.kind == websocket_kind::more) != in_message())
    return refuse(websocket_close::protocol_error,
                  in_message() ? "a WebSocket message begins within another one"
                               : "a fragment of a WebSocket message comes without its beginning");
  if (found.size > message_max_ - message_.size())
    return refuse(websocket_close::too_large,
                  fmt::format("a WebSocket message is larger than {} bytes", message_max_));
  return {};
}

result<std::optional<websocket_message>> websocket_reader::take(header const& found,
                                                                std::string_view payload) {
  if (is_control(found.kind)) return whole(found.kind, payload);
  if (found.last && !in_message()) return whole(found.kind, payload);
  if (!in_message()) fragments_ = found.kind;
  message_ += payload;
  if (!found.last) return std::nullopt;
  given_ = true;
  return whole(std::exchange(fragments_, websocket_kind::more), message_);
}

result<std::optional<websocket_message>> websocket_reader::whole(websocket_kind kind,
                                                                 std::string_view payload) {
  if (kind == websocket_kind::text && !is_utf8(payload))
    return refuse(websocket_close::text_invalid, "a text sent over a WebSocket is no UTF-8");
  if (kind == websocket_kind::close) {
    closed_ = true;
    auto const code = payload.size() < 2 ? 1000 : number_at(payload, 0, 2);
    if (payload.size() == 1 || !may_be_sent(static_cast<unsigned>(code)))
      return refuse(websocket_close::protocol_error,
                    "a WebSocket was closed without a code that may be sent");
    if (payload.size() > 2 && !is_utf8(payload.substr(2)))
      return refuse(websocket_close::text_invalid, "the reason for closing a WebSocket is no UTF-8");
  }
  return websocket_message{.kind = kind, .payload = payload};
}

}  // namespace ostler::wire
