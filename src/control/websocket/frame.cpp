#include "control/websocket/frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/ensure.hpp"
#include "control/websocket/utf8.hpp"

namespace ostler::control::websocket {
namespace {

constexpr std::uint8_t final_bit = 0x80;
constexpr std::uint8_t reserved_bits = 0x70;
constexpr std::uint8_t opcode_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t size_bits = 0x7f;
constexpr std::uint8_t size_in_two = 126;
constexpr std::uint8_t size_in_eight = 127;
// What stands for a close that says no code.
constexpr std::uint16_t no_code = 1005;

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i));
}

bool is_known(std::uint8_t code) { return code <= 2 || (code >= 8 && code <= 10); }

// Those that may stand in a frame: 1004, 1005, 1006 and 1015 are names for what was not said.
bool may_be_said(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != no_code && code != 1006;
}

// Appends the bytes with the mask taken away; gives the place in the mask where the next byte stands.
std::uint8_t append_unmasked(std::string& out, byte_view bytes, std::array<std::uint8_t, 4> mask,
                             std::uint8_t at) {
  std::array<std::uint8_t, 8> wide{};
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = mask[(at + i) % 4];
  std::uint64_t word = 0;
  std::memcpy(&word, wide.data(), sizeof word);
  auto const before = out.size();
  out.resize(before + bytes.size());
  auto* to = out.data() + before;
  auto const* from = reinterpret_cast<char const*>(bytes.data());
  std::size_t i = 0;
  for (; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::uint64_t part = 0;
    std::memcpy(&part, from + i, sizeof part);
    part ^= word;
    std::memcpy(to + i, &part, sizeof part);
  }
  for (; i < bytes.size(); ++i) to[i] = static_cast<char>(from[i] ^ static_cast<char>(wide[i % 4]));
  return static_cast<std::uint8_t>((at + bytes.size()) % 4);
}

}  // namespace

void write_header(std::string& out, opcode what, std::uint64_t size) {
  out += static_cast<char>(final_bit | static_cast<std::uint8_t>(what));
  if (size < size_in_two) {
    out += static_cast<char>(size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(size_in_two);
    append_big_endian(out, size, 2);
  } else {
    out += static_cast<char>(size_in_eight);
    append_big_endian(out, size, 8);
  }
}

std::string control_frame(opcode what, std::string_view data) {
  ensure(data.size() <= control_size_max, "a word about the connection is short");
  std::string out;
  write_header(out, what, data.size());
  out += data;
  return out;
}

std::string close_frame(close_code code, std::string_view why) {
  std::string data;
  append_big_endian(data, static_cast<std::uint16_t>(code), 2);
  auto size = std::min(why.size(), control_size_max - data.size());
  // Back to where a character begins.
  while (size < why.size() && size > 0 && (static_cast<std::uint8_t>(why[size]) & 0xc0U) == 0x80U) --size;
  data += why.substr(0, size);
  return control_frame(opcode::close, data);
}

std::optional<offence> frame_reader::read(byte_view bytes, std::vector<incoming>& out) {
  // A frame without payload is complete with no byte left, so the loop looks once more after the header.
  while (!closed_ && (!bytes.empty() || (in_payload_ && left_ == 0))) {
    if (!in_payload_) {
      if (auto wrong = read_header(bytes)) return wrong;
      continue;
    }
    read_payload(bytes);
    if (left_ > 0) break;
    in_payload_ = false;
    header_size_ = 0;
    if (auto wrong = payload_complete(out)) return wrong;
  }
  return std::nullopt;
}

std::size_t frame_reader::header_needed() const {
  if (header_size_ < 2) return 2;
  auto const size = header_[1] & size_bits;
  return 2 + 4 + (size == size_in_eight ? 8U : 0U) + (size == size_in_two ? 2U : 0U);
}

std::optional<offence> frame_reader::read_header(byte_view& bytes) {
  while (!bytes.empty() && header_size_ < header_needed()) {
    header_[header_size_++] = static_cast<std::uint8_t>(bytes.front());
    bytes = bytes.subspan(1);
    // Said before the length is known, so that nothing is read on behalf of a frame that is refused.
    if (header_size_ == 2 && (header_[1] & mask_bit) == 0)
      return offence{close_code::protocol_error, "a frame of a client is masked"};
  }
  if (header_size_ < header_needed()) return std::nullopt;
  return header_complete();
}

std::optional<offence> frame_reader::header_complete() {
  auto const code = static_cast<std::uint8_t>(header_[0] & opcode_bits);
  if ((header_[0] & reserved_bits) != 0)
    return offence{close_code::protocol_error, "no extension was agreed upon, and a reserved bit is set"};
  if (!is_known(code)) return offence{close_code::protocol_error, "a frame of an unknown kind"};
  what_ = static_cast<opcode>(code);
  last_ = (header_[0] & final_bit) != 0;
  left_ = header_[1] & size_bits;
  std::size_t at = 2;
  if (auto const wide = left_ == size_in_eight ? 8U : left_ == size_in_two ? 2U : 0U; wide > 0) {
    left_ = 0;
    for (std::size_t end = at + wide; at < end; ++at) left_ = left_ << 8U | header_[at];
    // Also refuses the length with its highest bit set.
    if (left_ > (wide == 2 ? 0xffffU : static_cast<std::uint64_t>(INT64_MAX)))
      return offence{close_code::protocol_error, "a frame with an impossible length"};
  }
  std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(at), 4, mask_.begin());
  mask_at_ = 0;
  in_payload_ = true;
  if (is_control()) {
    if (!last_ || left_ > control_size_max)
      return offence{close_code::protocol_error, "a word about the connection is short and in one piece"};
    return std::nullopt;
  }
  if ((what_ == opcode::continuation) != in_message_)
    return offence{close_code::protocol_error,
                   in_message_ ? "a message begins within another" : "a message goes on that has not begun"};
  if (left_ > size_max_ - message_.size())
    return offence{close_code::too_big, "a message is larger than is taken here"};
  if (what_ != opcode::continuation) message_what_ = what_;
  in_message_ = true;
  return std::nullopt;
}

void frame_reader::read_payload(byte_view& bytes) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  mask_at_ = append_unmasked(is_control() ? control_ : message_, bytes.first(size), mask_, mask_at_);
  left_ -= size;
  bytes = bytes.subspan(size);
}

std::optional<offence> frame_reader::payload_complete(std::vector<incoming>& out) {
  if (what_ == opcode::close) return close_heard(out);
  if (is_control()) {
    out.push_back({.what = what_, .data = std::exchange(control_, {}), .code = 0});
    return std::nullopt;
  }
  if (!last_) return std::nullopt;
  in_message_ = false;
  if (message_what_ == opcode::text && !is_strict_utf8(message_))
    return offence{close_code::bad_text, "a text is not UTF-8"};
  out.push_back({.what = message_what_, .data = std::exchange(message_, {}), .code = 0});
  return std::nullopt;
}

std::optional<offence> frame_reader::close_heard(std::vector<incoming>& out) {
  closed_ = true;
  incoming heard{.what = opcode::close, .data = {}, .code = no_code};
  if (control_.size() == 1) return offence{close_code::protocol_error, "a code of one byte"};
  if (control_.size() >= 2) {
    heard.code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(control_[0]) << 8U |
                                            static_cast<std::uint8_t>(control_[1]));
    heard.data = control_.substr(2);
    if (!may_be_said(heard.code)) return offence{close_code::protocol_error, "a code that is not said"};
    if (!is_strict_utf8(heard.data)) return offence{close_code::bad_text, "a reason is not UTF-8"};
  }
  control_ = {};
  out.push_back(std::move(heard));
  return std::nullopt;
}

}  // namespace ostler::control::websocket
