#include "keeper/sessions/escape_parser.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint8_t enq = 0x05;
constexpr std::uint8_t bel = 0x07;
constexpr std::uint8_t can = 0x18;
constexpr std::uint8_t sub = 0x1a;
constexpr std::uint8_t esc = 0x1b;
constexpr std::uint8_t del = 0x7f;
// A control of U+0080 to U+009F is C2 and a byte that lies so far above the one that follows ESC.
constexpr std::uint8_t c1_distance = 0x40;

bool is_c1(std::uint8_t byte) { return byte >= 0x80 && byte <= 0x9f; }
bool continues(std::uint8_t byte) { return (byte & 0xc0U) == 0x80; }

}  // namespace

escape_parser::kind escape_parser::feed(char byte) {
  auto const value = static_cast<std::uint8_t>(byte);
  if (state_ == state::ground) return feed_ground(value);
  if (value == can || value == sub) {
    state_ = state::ground;
    return kind::none;
  }
  if (value == esc) {
    // A string ends with its ESC; whether `\` follows makes no difference to what it was.
    bool const was_string = state_ == state::string || state_ == state::string_c2;
    if (!was_string) {
      begin(state::escape, kind::none);
      return kind::none;
    }
    state_ = state::string_escape;
    return string_;
  }
  switch (state_) {
    case state::utf8:
      if (!continues(value)) {
        state_ = state::ground;
        return feed_ground(value);
      }
      if (--missing_ == 0) state_ = state::ground;
      return kind::none;
    case state::utf8_c2:
      state_ = state::ground;
      if (is_c1(value)) return introduce(static_cast<std::uint8_t>(value - c1_distance));
      return continues(value) ? kind::none : feed_ground(value);
    case state::string_escape: begin(state::escape, kind::none); return feed_escape(value);
    case state::escape: return feed_escape(value);
    case state::csi: return feed_csi(value);
    case state::string:
    case state::string_c2: return feed_string(value);
    case state::ground: break;
  }
  return kind::none;
}

escape_parser::kind escape_parser::feed_ground(std::uint8_t byte) {
  if (byte >= 0x20 && byte < del) return kind::none;
  if (byte == esc) {
    begin(state::escape, kind::none);
    return kind::none;
  }
  if (byte < 0x20) return feed_control(byte);
  if (byte == 0xc2) {
    state_ = state::utf8_c2;
  } else if (byte >= 0xc3 && byte <= 0xf4) {
    state_ = state::utf8;
    missing_ = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  }
  return kind::none;
}

escape_parser::kind escape_parser::feed_control(std::uint8_t byte) {
  if (byte != enq) return kind::none;
  size_ = 0;
  keep(byte);
  return kind::control;
}

escape_parser::kind escape_parser::feed_escape(std::uint8_t byte) {
  // Controls do their work in the midst of a sequence.
  if (byte < 0x20 || byte == del) return kind::none;
  if (byte < 0x30) {
    keep(byte);
    return kind::none;
  }
  if (byte >= 0x80) {
    state_ = state::ground;
    return feed_ground(byte);
  }
  if (size_ > 0) {
    keep(byte);
    return complete(kind::escape);
  }
  return introduce(byte);
}

// As after ESC and nothing between.
escape_parser::kind escape_parser::introduce(std::uint8_t final_byte) {
  size_ = 0;
  switch (final_byte) {
    case '[': begin(state::csi, kind::csi); return kind::none;
    case ']': begin(state::string, kind::osc); return kind::none;
    case 'P': begin(state::string, kind::dcs); return kind::none;
    case 'X':
    case '^':
    case '_': begin(state::string, kind::other_string); return kind::none;
    default: keep(final_byte); return complete(kind::escape);
  }
}

escape_parser::kind escape_parser::feed_csi(std::uint8_t byte) {
  if (byte < 0x20 || byte >= del) return kind::none;
  keep(byte);
  return byte >= 0x40 ? complete(kind::csi) : kind::none;
}

escape_parser::kind escape_parser::feed_string(std::uint8_t byte) {
  if (byte == bel && string_ == kind::osc) return complete(string_);
  if (state_ == state::string_c2 && byte == 0x9c) {
    if (size_ > 0 && size_ < text_.size()) --size_;
    return complete(string_);
  }
  state_ = byte == 0xc2 ? state::string_c2 : state::string;
  keep(byte);
  return kind::none;
}

escape_parser::kind escape_parser::complete(kind what) {
  state_ = state::ground;
  return what;
}

void escape_parser::begin(state next, kind what) {
  state_ = next;
  string_ = what;
  size_ = 0;
}

void escape_parser::keep(std::uint8_t byte) {
  if (size_ < text_.size()) text_[size_++] = static_cast<char>(byte);
}

}  // namespace ostler::keeper
