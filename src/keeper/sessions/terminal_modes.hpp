// The modes that a program has given to its terminal, so that a terminal that comes later can be given the
// same: the alternate screen, whether the cursor shows, what keys and the mouse send, bracketed paste.
//
// Kept are those that differ from what a terminal begins with. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "keeper/sessions/escape_parser.hpp"

namespace ostler::keeper {

class terminal_modes {
 public:
  // Something became complete.
  void apply(escape_parser::kind what, std::string_view text);
  bool alternate_screen() const;
  // What gives these modes to a terminal that has just been reset.
  std::string sequence() const;
  bool operator==(terminal_modes const&) const = default;

 private:
  void set(unsigned mode, bool on);
  void reset();
  void soft_reset();

  // One bit for each mode that we know: not as a terminal has it at first.
  std::uint32_t changed_ = 0;
  bool application_keypad_ = false;
};

}  // namespace ostler::keeper
