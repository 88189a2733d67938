#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/daemon_process.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/programs.hpp"
#include "client/autostart.hpp"
#include "operations/daemon_operations.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

constexpr milliseconds stop_limit = 15s;

result<std::string> own_socket(context const& with) {
  auto const where = whereabouts::find_address(with.variable());
  if (!where) return std::unexpected(where.error());
  if (!where->socket.empty()) return where->socket;
  return fail(error_code::usage,
              fmt::format("the daemon at {} is not on this machine's socket; only such a one can be stopped",
                          where->text()));
}

// The last lines of a text.
std::string_view last_lines(std::string_view text, std::uint32_t count) {
  auto at = text.size();
  if (at > 0 && text.back() == '\n') --at;
  while (count > 0 && at > 0) {
    auto const before = text.rfind('\n', at - 1);
    if (before == std::string_view::npos) return text;
    at = before;
    --count;
  }
  return count == 0 ? text.substr(std::min(at + 1, text.size())) : text;
}

void print_lines(context const& with, std::string_view text) {
  auto const how = with.show().out.has_colours() ? colours::keep : colours::strip;
  while (!text.empty()) {
    auto const end = text.find('\n');
    with.show().out.line(log_text(text.substr(0, end), how));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// What is there behind `at`; moves it. A file that has become shorter was begun anew.
result<std::string> read_on(system::fd const& file, off_t& at) {
  auto const size = ::lseek(file.get(), 0, SEEK_END);
  if (size < at) at = 0;
  std::string out;
  std::array<char, 65536> piece{};
  for (;;) {
    auto const count =
        system::uninterrupted([&] { return ::pread(file.get(), piece.data(), piece.size(), at); });
    if (count < 0) return system::fail_errno("read the log of the daemon");
    if (count == 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(count));
    at += count;
  }
}

result<int> follow_log(context const& with, std::string const& path, system::fd const& file, off_t at) {
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  system::fd const changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!changes || ::inotify_add_watch(changes.get(), path.c_str(), IN_MODIFY) < 0)
    return system::fail_errno(fmt::format("watch {}", path));
  std::string rest;
  for (;;) {
    auto more = read_on(file, at);
    if (!more) return std::unexpected(more.error());
    rest += *more;
    if (auto const end = rest.rfind('\n'); end != std::string::npos) {
      print_lines(with, rest.substr(0, end + 1));
      rest.erase(0, end + 1);
    }
    std::array<pollfd, 2> wait{{{.fd = changes.get(), .events = POLLIN, .revents = 0},
                                {.fd = signals->fd(), .events = POLLIN, .revents = 0}}};
    if (system::uninterrupted([&] { return ::poll(wait.data(), wait.size(), -1); }) < 0)
      return system::fail_errno("wait for the log of the daemon");
    if (wait[1].revents != 0) return exit_done;
    std::array<char, 4096> told{};
    while (::read(changes.get(), told.data(), told.size()) > 0) {
    }
  }
}

}  // namespace

result<int> daemon_run(context& with) {
  auto const program = daemon_program(with);
  if (!program) return std::unexpected(program.error());
  std::vector<std::string> environment;
  if (auto const state = with.call().value("state-dir")) {
    auto const whole =
        state->starts_with('/') ? *state : fmt::format("{}/{}", with.around().directory, *state);
    environment.push_back("OSTLER_STATE=" + whole);
  }
  return become({*program}, environment);
}

result<int> daemon_start(context& with) {
  auto const started = client::ensure_daemon(with.variable());
  if (!started) return std::unexpected(started.error());
  auto const found = with.ask<operations::status>({});
  if (!found) return std::unexpected(found.error());
  auto const where = whereabouts::find_address(with.variable());
  if (!where) return std::unexpected(where.error());
  with.show().out.line(fmt::format("Daemon {} (pid {}, socket {})", *started ? "started" : "is running",
                                   found->pid, printable(where->socket)));
  return exit_done;
}

result<int> daemon_stop(context& with) {
  with.never_start();
  auto const socket = own_socket(with);
  if (!socket) return std::unexpected(socket.error());
  auto const whom = who_listens(*socket);
  if (!whom) return std::unexpected(whom.error());
  // A socket that systemd listens on would name systemd: only who says so himself is ended.
  auto const told = with.ask<operations::status>({});
  if (!told) return std::unexpected(told.error());
  if (told->pid != whom->pid)
    return fail(error_code::not_permitted,
                fmt::format("the daemon says that it is pid {}, but pid {} listens on {}", told->pid,
                            whom->pid, *socket),
                "It was probably started by systemd, which listens for it.",
                {"systemctl --user stop ostlerd.service ostlerd.socket"});
  if (auto const ended = end_daemon(*whom, stop_limit); !ended) return std::unexpected(ended.error());
  with.show().out.line(fmt::format("Daemon stopped (pid {}); instances go on", whom->pid));
  return exit_done;
}

result<int> daemon_logs(context& with) {
  auto const where = with.paths();
  if (!where) return std::unexpected(where.error());
  constexpr std::uint32_t most = 1'000'000;
  auto const count = with.call().number("tail", 0, most);
  if (!count) return std::unexpected(count.error());
  auto const file = system::open_at(AT_FDCWD, where->log, O_RDONLY);
  if (!file)
    return fail(error_code::file_unknown, fmt::format("the daemon has no log in {}", where->log),
                "Under systemd it prints to the journal.",
                {"journalctl --user -u ostlerd", "ostler daemon status"});
  // A log may be large; its end is what is asked for.
  constexpr off_t looked_at = 8L * 1024 * 1024;
  auto at = std::max<off_t>(0, ::lseek(file->get(), 0, SEEK_END) - looked_at);
  auto const text = read_on(*file, at);
  if (!text) return std::unexpected(text.error());
  print_lines(with, last_lines(*text, count->value_or(100)));
  return with.call().has("follow") ? follow_log(with, where->log, *file, at) : result<int>(exit_done);
}

}  // namespace ostler::cli
