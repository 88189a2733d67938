#include "keeper/sessions/terminal_modes.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <fmt/format.h>
#include <iterator>

namespace ostler::keeper {
namespace {

struct known_mode {
  unsigned number;
  bool at_first;
  bool soft_reset;
};

// Those of the screen come first: to enter the alternate one clears it.
constexpr std::array modes{
    known_mode{.number = 47, .at_first = false, .soft_reset = false},
    known_mode{.number = 1047, .at_first = false, .soft_reset = false},
    known_mode{.number = 1049, .at_first = false, .soft_reset = false},
    known_mode{.number = 1, .at_first = false, .soft_reset = true},
    known_mode{.number = 5, .at_first = false, .soft_reset = false},
    known_mode{.number = 6, .at_first = false, .soft_reset = true},
    known_mode{.number = 7, .at_first = true, .soft_reset = false},
    known_mode{.number = 25, .at_first = true, .soft_reset = true},
    known_mode{.number = 9, .at_first = false, .soft_reset = false},
    known_mode{.number = 1000, .at_first = false, .soft_reset = false},
    known_mode{.number = 1001, .at_first = false, .soft_reset = false},
    known_mode{.number = 1002, .at_first = false, .soft_reset = false},
    known_mode{.number = 1003, .at_first = false, .soft_reset = false},
    known_mode{.number = 1004, .at_first = false, .soft_reset = false},
    known_mode{.number = 1005, .at_first = false, .soft_reset = false},
    known_mode{.number = 1006, .at_first = false, .soft_reset = false},
    known_mode{.number = 1007, .at_first = false, .soft_reset = false},
    known_mode{.number = 1015, .at_first = false, .soft_reset = false},
    known_mode{.number = 1016, .at_first = false, .soft_reset = false},
    known_mode{.number = 2004, .at_first = false, .soft_reset = false},
};
static_assert(modes.size() <= 32);
constexpr std::uint32_t screens = 0b111;

constexpr std::uint32_t bit(std::size_t at) { return std::uint32_t{1} << at; }

}  // namespace

void terminal_modes::apply(escape_parser::kind what, std::string_view text) {
  if (what == escape_parser::kind::escape) {
    if (text == "c") reset();
    if (text == "=" || text == ">") application_keypad_ = text == "=";
    return;
  }
  if (what != escape_parser::kind::csi) return;
  if (text == "!p") return soft_reset();
  if (text.size() < 3 || text.front() != '?' || (text.back() != 'h' && text.back() != 'l')) return;
  bool const on = text.back() == 'h';
  auto rest = text.substr(1, text.size() - 2);
  for (;;) {
    auto const end = rest.find(';');
    auto const number = rest.substr(0, end);
    unsigned mode = 0;
    auto const read = std::from_chars(number.data(), number.data() + number.size(), mode);
    if (read.ec == std::errc() && read.ptr == number.data() + number.size()) set(mode, on);
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
  }
}

void terminal_modes::set(unsigned mode, bool on) {
  for (std::size_t at = 0; at < modes.size(); ++at) {
    if (modes[at].number != mode) continue;
    // Each of the three leads back from the alternate screen, whichever led there.
    if (bit(at) <= screens) changed_ &= ~screens;
    if (on == modes[at].at_first)
      changed_ &= ~bit(at);
    else
      changed_ |= bit(at);
  }
}

void terminal_modes::reset() {
  changed_ = 0;
  application_keypad_ = false;
}

void terminal_modes::soft_reset() {
  for (std::size_t at = 0; at < modes.size(); ++at)
    if (modes[at].soft_reset) changed_ &= ~bit(at);
  application_keypad_ = false;
}

bool terminal_modes::alternate_screen() const { return (changed_ & screens) != 0; }

std::string terminal_modes::sequence() const {
  std::string all;
  for (std::size_t at = 0; at < modes.size(); ++at)
    if ((changed_ & bit(at)) != 0)
      fmt::format_to(std::back_inserter(all), "\x1b[?{}{}", modes[at].number, modes[at].at_first ? 'l' : 'h');
  if (application_keypad_) all += "\x1b=";
  return all;
}

}  // namespace ostler::keeper
