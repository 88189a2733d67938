// Our own terminal, given to a program elsewhere: raw while this lives, and as it was before whatever
// happens, also when we are stopped by a broken promise of our own.
#pragma once

#include <termios.h>

#include "base/result.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::cli {

class raw_terminal {
 public:
  // At most one at a time.
  static result<raw_terminal> begin(int descriptor);
  raw_terminal(raw_terminal&& other) noexcept;
  raw_terminal& operator=(raw_terminal&&) = delete;
  ~raw_terminal();

 private:
  explicit raw_terminal(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// 24 by 80 when it is none.
wire::terminal_size size_of_terminal(int descriptor);

}  // namespace ostler::cli
