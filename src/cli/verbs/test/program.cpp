#include "cli/verbs/test/program.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "system/files.hpp"

namespace ostler::cli::test {
namespace {

constexpr int generous_ms = 60'000;

[[noreturn]] void become(std::vector<std::string> const& words) {
  std::vector<char const*> argv{OSTLER_PROGRAM};
  for (auto const& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("OSTLER_INSTANCE");
  // exec does not write to them.
  ::execv(argv.front(), const_cast<char**>(argv.data()));
  ::_exit(127);
}

}  // namespace

program program::at_terminal(std::vector<std::string> const& words) {
  winsize const size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  int talk = -1;
  auto const pid = ::forkpty(&talk, nullptr, nullptr, &size);
  ensure(pid >= 0, "a terminal can be made");
  if (pid == 0) become(words);
  ::fcntl(talk, F_SETFD, FD_CLOEXEC);
  return {pid, system::fd(talk)};
}

program program::at_pipe(std::vector<std::string> const& words) {
  int ends[2] = {-1, -1};
  ensure(::pipe2(ends, O_CLOEXEC) == 0, "a pipe can be made");
  auto const pid = ::fork();
  ensure(pid >= 0, "a process can be made");
  if (pid == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    become(words);
  }
  ::close(ends[1]);
  return {pid, system::fd(ends[0])};
}

program::program(program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), talk_(std::move(other.talk_)), read_(std::move(other.read_)) {}

program::~program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void program::type(std::string_view text) const {
  EXPECT_TRUE(system::write_all(talk_.get(), as_bytes(text))) << "the terminal takes nothing";
}

void program::signal(int number) const { ::kill(pid_, number); }

bool program::read_more() {
  pollfd one{.fd = talk_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&one, 1, generous_ms) <= 0) {
    ADD_FAILURE() << "the program wrote nothing for too long";
    return false;
  }
  std::string piece(4096, '\0');
  auto const count = ::read(talk_.get(), piece.data(), piece.size());
  if (count <= 0) return false;
  read_.append(piece, 0, static_cast<std::size_t>(count));
  return true;
}

std::string program::read_until(std::string_view text) {
  for (;;) {
    if (auto const at = read_.find(text); at != std::string::npos) {
      auto out = read_.substr(0, at + text.size());
      read_.erase(0, at + text.size());
      return out;
    }
    if (read_more()) continue;
    ADD_FAILURE() << "the program never wrote '" << text << "', but: " << read_;
    return std::exchange(read_, {});
  }
}

int program::end() {
  while (read_more()) {
  }
  int how = 0;
  ::waitpid(std::exchange(pid_, -1), &how, 0);
  return WIFEXITED(how) ? WEXITSTATUS(how) : 1000 + WTERMSIG(how);
}

bool program::echoes() const {
  termios modes{};
  return ::tcgetattr(talk_.get(), &modes) == 0 && (modes.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
}

}  // namespace ostler::cli::test
