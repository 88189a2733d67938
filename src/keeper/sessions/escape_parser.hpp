// Follows what a program writes to a terminal, byte by byte, far enough to know where one may begin to read:
// never inside an escape sequence, a string for the terminal (OSC, DCS, APC, PM, SOS) or a UTF-8 character.
//
// It is the parser of the VT500 with UTF-8 instead of eight-bit controls: CAN and SUB break off anything, ESC
// begins anew anywhere. Whatever comes, it goes on; nothing is ever refused. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ostler::keeper {

class escape_parser {
 public:
  enum class kind : std::uint8_t { none, control, escape, csi, osc, dcs, other_string };

  // What has just become complete with this byte; `none` for text and in the midst of anything.
  kind feed(char byte);
  // May a reader begin with the next byte?
  bool at_boundary() const { return state_ == state::ground; }
  // Of what became complete last: what follows the introducer, with its final byte but without the end of a
  // string. Only the first bytes of what is long.
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  enum class state : std::uint8_t { ground, utf8, utf8_c2, escape, csi, string, string_c2, string_escape };

  kind feed_ground(std::uint8_t byte);
  kind feed_control(std::uint8_t byte);
  kind feed_escape(std::uint8_t byte);
  kind feed_csi(std::uint8_t byte);
  kind feed_string(std::uint8_t byte);
  kind introduce(std::uint8_t final_byte);
  kind complete(kind what);
  void begin(state next, kind what);
  void keep(std::uint8_t byte);

  state state_ = state::ground;
  kind string_ = kind::none;
  // Bytes of a UTF-8 character yet to come.
  std::uint8_t missing_ = 0;
  std::uint8_t size_ = 0;
  std::array<char, 128> text_{};
};

}  // namespace ostler::keeper
