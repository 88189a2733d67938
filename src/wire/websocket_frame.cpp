#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/ensure.hpp"
#include "wire/utf8.hpp"

namespace ostler::wire {
namespace {

constexpr std::uint8_t last_bit = 0x80;
constexpr std::uint8_t reserved_bits = 0x70;
constexpr std::uint8_t kind_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t size_bits = 0x7f;
constexpr std::uint8_t size_in_two = 126;
constexpr std::uint8_t size_in_eight = 127;

using mask_bytes = std::array<std::uint8_t, 4>;

// Numbers of the wire begin with their highest byte.
void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned left = bytes; left > 0; --left) out += static_cast<char>(number >> (8 * (left - 1)));
}

// How many bytes of the header say the size, beside the one that every frame has.
std::size_t wide_size(std::uint8_t short_size) {
  return short_size == size_in_eight ? 8 : short_size == size_in_two ? 2 : 0;
}

bool is_control(websocket_kind kind) { return static_cast<std::uint8_t>(kind) >= 8; }

bool is_known(std::uint8_t kind) { return kind <= 2 || (kind >= 8 && kind <= 10); }

// Those that may stand in a close: RFC 6455, 7.4, and what was registered since. 1004, 1005, 1006 and 1015
// are names for what was not said.
bool may_be_said(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

// Whole files are sent masked, so eight bytes at once. `at` is the place in the mask of the first byte.
void toggle_mask(std::span<char> bytes, mask_bytes const& mask, std::size_t at) {
  std::array<std::uint8_t, 8> wide{};
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = mask[(at + i) % mask.size()];
  std::uint64_t word = 0;
  std::memcpy(&word, wide.data(), sizeof word);
  std::size_t i = 0;
  for (; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::uint64_t part = 0;
    std::memcpy(&part, &bytes[i], sizeof part);
    part ^= word;
    std::memcpy(&bytes[i], &part, sizeof part);
  }
  for (; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint8_t>(bytes[i]) ^ wide[i % wide.size()]);
}

websocket_offence wrong(std::string_view why) {
  return {.code = websocket_close::protocol_error, .why = why};
}

}  // namespace

void write_websocket_header(std::string& out, websocket_kind kind, std::uint64_t size) {
  ensure(kind != websocket_kind::more, "a message is written as one frame");
  ensure(!is_control(kind) || size <= websocket_control_max, "a control frame is within its limit");
  out += static_cast<char>(last_bit | static_cast<std::uint8_t>(kind));
  if (size < size_in_two) {
    out += static_cast<char>(size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(size_in_two);
    append_number(out, size, 2);
  } else {
    out += static_cast<char>(size_in_eight);
    append_number(out, size, 8);
  }
}

void write_websocket(std::string& out, websocket_kind kind, std::string_view payload,
                     std::optional<std::uint32_t> mask) {
  auto const begin = out.size();
  write_websocket_header(out, kind, payload.size());
  if (!mask) {
    out += payload;
    return;
  }
  out[begin + 1] = static_cast<char>(static_cast<std::uint8_t>(out[begin + 1]) | mask_bit);
  mask_bytes bytes{};
  std::memcpy(bytes.data(), &*mask, bytes.size());
  for (auto const byte : bytes) out += static_cast<char>(byte);
  auto const size = out.size();
  out += payload;
  toggle_mask(std::span(out).subspan(size), bytes, 0);
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

std::optional<websocket_offence> websocket_reader::read(byte_view bytes, std::vector<websocket_heard>& out) {
  // A frame without payload is complete with no byte left, so the loop looks once more after the header.
  while (!closed_ && (!bytes.empty() || (in_payload_ && left_ == 0))) {
    if (!in_payload_) {
      if (auto offence = read_header(bytes)) return offence;
      continue;
    }
    read_payload(bytes);
    if (left_ > 0) break;
    in_payload_ = false;
    header_size_ = 0;
    if (auto offence = payload_complete(out)) return offence;
  }
  return std::nullopt;
}

std::size_t websocket_reader::header_needed() const {
  if (header_size_ < 2) return 2;
  return 2 + wide_size(header_[1] & size_bits) + (sender_ == websocket_role::client ? mask_size : 0);
}

std::optional<websocket_offence> websocket_reader::read_header(byte_view& bytes) {
  while (!bytes.empty() && header_size_ < header_needed()) {
    header_[header_size_++] = static_cast<std::uint8_t>(bytes.front());
    bytes = bytes.subspan(1);
    // Said before the length is known, so that nothing is read on behalf of a frame that is refused.
    if (header_size_ == 2)
      if (auto offence = begin_of_header()) return offence;
  }
  if (header_size_ < header_needed()) return std::nullopt;
  return header_complete();
}

std::optional<websocket_offence> websocket_reader::begin_of_header() const {
  bool const masked = (header_[1] & mask_bit) != 0;
  if (masked != (sender_ == websocket_role::client))
    return wrong(masked ? "a WebSocket server must not mask its frames"
                        : "a WebSocket client must mask its frames");
  if ((header_[0] & reserved_bits) != 0)
    return wrong("a WebSocket frame has reserved bits, but no extension was agreed on");
  if (!is_known(header_[0] & kind_bits)) return wrong("a WebSocket frame is of an unknown kind");
  return std::nullopt;
}

std::optional<websocket_offence> websocket_reader::header_complete() {
  kind_ = static_cast<websocket_kind>(header_[0] & kind_bits);
  last_ = (header_[0] & last_bit) != 0;
  left_ = header_[1] & size_bits;
  std::size_t at = 2;
  if (auto const wide = wide_size(header_[1] & size_bits); wide > 0) {
    left_ = 0;
    for (auto const end = at + wide; at < end; ++at) left_ = left_ << 8U | header_[at];
    if (left_ < size_in_two || (wide == 8 && left_ <= 0xffff))
      return wrong("the length of a WebSocket frame is not in its shortest form");
    if (left_ > static_cast<std::uint64_t>(INT64_MAX))
      return wrong("the length of a WebSocket frame is impossible");
  }
  if (sender_ == websocket_role::client)
    std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(at), mask_.size(), mask_.begin());
  mask_at_ = 0;
  in_payload_ = true;
  if (is_control()) {
    if (!last_ || left_ > websocket_control_max)
      return wrong("a WebSocket control frame must be whole and short");
    return std::nullopt;
  }
  if ((kind_ == websocket_kind::more) != in_message_)
    return wrong(in_message_ ? "a WebSocket message begins within another one"
                             : "a fragment of a WebSocket message comes without its beginning");
  // Said before the payload is awaited.
  if (left_ > message_max_ - message_.size())
    return websocket_offence{.code = websocket_close::too_big,
                             .why = "a WebSocket message is larger than is taken here"};
  if (kind_ != websocket_kind::more) message_kind_ = kind_;
  in_message_ = true;
  return std::nullopt;
}

void websocket_reader::read_payload(byte_view& bytes) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  auto& into = is_control() ? control_ : message_;
  auto const before = into.size();
  into += as_text(bytes.first(size));
  if (sender_ == websocket_role::client) {
    toggle_mask(std::span(into).subspan(before), mask_, mask_at_);
    mask_at_ = static_cast<std::uint8_t>((mask_at_ + size) % mask_.size());
  }
  left_ -= size;
  bytes = bytes.subspan(size);
}

std::optional<websocket_offence> websocket_reader::payload_complete(std::vector<websocket_heard>& out) {
  if (kind_ == websocket_kind::close) return close_heard(out);
  if (is_control()) {
    out.push_back({.kind = kind_, .data = std::exchange(control_, {}), .code = 0});
    return std::nullopt;
  }
  if (!last_) return std::nullopt;
  in_message_ = false;
  if (message_kind_ == websocket_kind::text && !is_utf8(message_))
    return websocket_offence{.code = websocket_close::bad_text,
                             .why = "a text sent over a WebSocket is no UTF-8"};
  out.push_back({.kind = message_kind_, .data = std::exchange(message_, {}), .code = 0});
  return std::nullopt;
}

std::optional<websocket_offence> websocket_reader::close_heard(std::vector<websocket_heard>& out) {
  closed_ = true;
  websocket_heard heard{.kind = websocket_kind::close,
                        .data = {},
                        .code = static_cast<std::uint16_t>(websocket_close::none_given)};
  auto const said = std::exchange(control_, {});
  if (said.size() == 1) return wrong("a WebSocket was closed with half a code");
  if (said.size() >= 2) {
    heard.code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(said[0]) << 8U |
                                            static_cast<std::uint8_t>(said[1]));
    heard.data = said.substr(2);
    if (!may_be_said(heard.code)) return wrong("a WebSocket was closed with a code that must not be sent");
    if (!is_utf8(heard.data))
      return websocket_offence{.code = websocket_close::bad_text,
                               .why = "the reason for closing a WebSocket is no UTF-8"};
  }
  out.push_back(std::move(heard));
  return std::nullopt;
}

}  // namespace ostler::wire
