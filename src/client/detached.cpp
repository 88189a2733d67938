#include "client/detached.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/name.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::client {
namespace {

// Numbers that are out of the way of those which the program gets.
constexpr int high_number = 10;
constexpr int failure_as = 4;

struct prepared {
  char const* path;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int nothing;  // /dev/null
  int log;
  int given;
  // Two pipes, because their two writers may come in either order: the pid, and the number of what failed.
  int pid;
  int failure;
};

// From here to exec only what is safe between fork and exec; nothing allocates.

[[noreturn]] void become(prepared const& ready) {
  int tell = ready.failure;
  if (::dup2(ready.nothing, STDIN_FILENO) >= 0 && ::dup2(ready.nothing, STDOUT_FILENO) >= 0 &&
      ::dup2(ready.log, STDERR_FILENO) >= 0 && ::dup2(ready.given, given_as) >= 0 &&
      ::dup3(ready.failure, failure_as, O_CLOEXEC) >= 0 && ::chdir("/") == 0) {
    tell = failure_as;
    // Pipes of whoever called us would not end while it lives.
    ::close_range(failure_as + 1, ~0U, 0);
    ::execve(ready.path, ready.arguments.data(), ready.environment.data());
  }
  int const failure = errno;
  static_cast<void>(::write(tell, &failure, sizeof failure));
  ::_exit(127);
}

void default_signals() {
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void leave_and_become(prepared const& ready) {
  ::setsid();
  default_signals();
  auto const pid = ::fork();
  if (pid == 0) become(ready);
  int const failure = errno;
  if (pid < 0) static_cast<void>(::write(ready.failure, &failure, sizeof failure));
  if (pid > 0) static_cast<void>(::write(ready.pid, &pid, sizeof pid));
  ::_exit(0);
}

result<system::fd> moved_high(int number) {
  system::fd out(::fcntl(number, F_DUPFD_CLOEXEC, high_number));
  if (!out) return system::fail_errno("copy a descriptor");
  return out;
}

struct pipe_ends {
  system::fd read;
  system::fd write;
};

result<pipe_ends> new_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
  pipe_ends out{.read = system::fd(ends[0]), .write = system::fd(ends[1])};
  auto high = moved_high(out.write.get());
  if (!high) return std::unexpected(high.error());
  out.write = std::move(*high);
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Nothing at the end of the pipe.
std::optional<int> number_from(int pipe) {
  int out = 0;
  auto const count = system::uninterrupted([&] { return ::read(pipe, &out, sizeof out); });
  if (count != sizeof out) return std::nullopt;
  return out;
}

}  // namespace

result<pid_t> start_detached(detached_program const& program) {
  auto nothing = system::open_at(AT_FDCWD, "/dev/null", O_RDWR);
  auto log = system::open_at(AT_FDCWD, program.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (!log) return std::unexpected(log.error());
  if (!nothing) return std::unexpected(nothing.error());
  auto const high_nothing = moved_high(nothing->get());
  auto const high_log = moved_high(log->get());
  auto const high_given = moved_high(program.given);
  auto pid = new_pipe();
  auto failure = new_pipe();
  for (auto const* one : {&high_nothing, &high_log, &high_given})
    if (!*one) return std::unexpected(one->error());
  for (auto const* one : {&pid, &failure})
    if (!*one) return std::unexpected(one->error());

  std::vector<std::string> arguments{program.path};
  auto environment = program.environment;
  prepared const ready{.path = program.path.c_str(),
                       .arguments = pointers_to(arguments),
                       .environment = pointers_to(environment),
                       .nothing = high_nothing->get(),
                       .log = high_log->get(),
                       .given = high_given->get(),
                       .pid = pid->write.get(),
                       .failure = failure->write.get()};
  auto const between = ::fork();
  if (between < 0) return system::fail_errno("make a process");
  if (between == 0) leave_and_become(ready);
  pid->write.reset();
  failure->write.reset();
  system::uninterrupted([&] { return ::waitpid(between, nullptr, 0); });
  auto const started = number_from(pid->read.get());
  // Ends when the program has begun.
  auto const failed = number_from(failure->read.get());
  if (failed || !started)
    return fail(error_code::spawn_failed,
                fmt::format("{} could not be started: {}", in_quotes(program.path),
                            failed ? system::errno_text(*failed) : "the process that was to start it ended"));
  return *started;
}

}  // namespace ostler::client
