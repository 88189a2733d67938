// The last of what a program wrote to its terminal, for those who look later.
//
// A ring that grows with what was written and no further than `size_max`. What falls out of it goes through a
// parser, so that we know at any time where in it one may begin to read, and which modes the terminal had
// there: a replay begins with those, and the bytes themselves do the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "keeper/sessions/escape_parser.hpp"
#include "keeper/sessions/terminal_modes.hpp"

namespace ostler::keeper {

class scrollback {
 public:
  static constexpr std::size_t default_size = std::size_t{256} * 1024;

  explicit scrollback(std::size_t size_max = default_size) : size_max_(size_max) {}

  void append(std::string_view bytes);
  // Positions count from the first byte that was ever written.
  std::uint64_t begin_position() const { return end_ - size_; }
  std::uint64_t end_position() const { return end_; }
  // A piece of what was written from there on; shorter than what there is where the ring comes round. The
  // position must be within. Valid until the next append().
  std::string_view piece_at(std::uint64_t position) const;

  // For a terminal that has just been reset: everything that is kept, from the first place where one may
  // begin, and without the questions to which a terminal would answer: what it answered would be typed into a
  // program that asked nobody.
  std::string replay() const;
  // The same, for a successor: no more than so many bytes.
  std::string replay(std::size_t bytes_max) const;
  // As of the last byte.
  terminal_modes const& modes() const { return modes_; }

 private:
  void forget(std::size_t bytes);
  void grow_for(std::size_t more);

  std::size_t size_max_;
  std::string ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::uint64_t end_ = 0;
  // At the first byte that is kept.
  escape_parser tail_;
  terminal_modes tail_modes_;
  // At the last.
  escape_parser head_;
  terminal_modes modes_;
};

// Would a terminal answer to it?
bool asks_the_terminal(escape_parser::kind what, std::string_view text);

}  // namespace ostler::keeper
