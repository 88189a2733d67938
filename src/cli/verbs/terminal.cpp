#include "cli/verbs/terminal.hpp"

#include <array>
#include <csignal>
#include <sys/ioctl.h>
#include <utility>

#include "base/ensure.hpp"
#include "system/failure.hpp"

namespace ostler::cli {
namespace {

// The handler of a signal gets nothing handed down; this is what it may know. Set before the handlers are.
struct saved {
  int descriptor = -1;
  termios modes{};
};
saved& before() {
  static saved one;
  return one;
}

constexpr std::array fatal{SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};

void restore() {
  if (before().descriptor >= 0) ::tcsetattr(before().descriptor, TCSANOW, &before().modes);
}

void restore_and_end(int number) {
  restore();
  // The default of SA_RESETHAND is in force again: this ends us the way it would have.
  ::raise(number);
}

}  // namespace

result<raw_terminal> raw_terminal::begin(int descriptor) {
  ensure(before().descriptor < 0, "one terminal is raw at a time");
  if (::tcgetattr(descriptor, &before().modes) != 0)
    return system::fail_errno("read the modes of the terminal");
  before().descriptor = descriptor;
  for (int const number : fatal) {
    struct sigaction what{};
    what.sa_handler = restore_and_end;
    what.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(number, &what, nullptr);
  }
  auto raw = before().modes;
  ::cfmakeraw(&raw);
  if (::tcsetattr(descriptor, TCSANOW, &raw) != 0) {
    before().descriptor = -1;
    return system::fail_errno("make the terminal raw");
  }
  return raw_terminal(descriptor);
}

raw_terminal::raw_terminal(raw_terminal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

raw_terminal::~raw_terminal() {
  if (descriptor_ < 0) return;
  restore();
  before().descriptor = -1;
  for (int const number : fatal) ::signal(number, SIG_DFL);
}

wire::terminal_size size_of_terminal(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

}  // namespace ostler::cli
