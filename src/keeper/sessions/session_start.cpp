#include "keeper/sessions/session_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "keeper/sessions/terminal_device.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

bool has_zero(std::string_view text) { return text.find('\0') != std::string_view::npos; }

result<std::vector<std::string>> command_of(wire::exec_start const& wanted) {
  auto const& words = wanted.command;
  if (words.empty() || words.front().empty())
    return fail(error_code::value_out_of_range, "no command was given");
  if (std::ranges::any_of(words, has_zero))
    return fail(error_code::value_out_of_range, "the command contains a zero byte");
  if (!wanted.shell) return words;
  if (words.size() != 1)
    return fail(error_code::value_out_of_range,
                fmt::format("a command for the shell is one line, not {} words", words.size()));
  return std::vector<std::string>{"/bin/sh", "-c", words.front()};
}

result<void> check_environment(std::vector<std::string> const& variables) {
  for (auto const& one : variables) {
    auto const equals = one.find('=');
    if (equals == 0 || equals == std::string::npos || has_zero(one))
      return fail(error_code::value_out_of_range,
                  fmt::format("\"{}\" is no variable; write NAME=value", one.substr(0, 40)));
  }
  return {};
}

result<std::string> directory_of(session_needs const& needs, std::string const& workdir) {
  if (has_zero(workdir))
    return fail(error_code::value_out_of_range, "the working directory contains a zero byte");
  auto path = workdir.empty()            ? needs.workspace
              : workdir.starts_with('/') ? workdir
                                         : fmt::format("{}/{}", needs.workspace, workdir);
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0)
    return system::fail_errno(fmt::format("enter the working directory {}", path));
  if (!S_ISDIR(seen.st_mode))
    return fail(error_code::path_refused, fmt::format("the working directory {} is no directory", path));
  return path;
}

// A terminal of ours can what this says, whatever the keeper itself was started from.
void add_terminal_kind(std::vector<std::string>& environment, std::vector<std::string> const& own) {
  auto const is_term = [](std::string const& one) { return one.starts_with("TERM="); };
  if (std::ranges::any_of(own, is_term)) return;
  std::erase_if(environment, is_term);
  environment.emplace_back("TERM=xterm-256color");
}

struct pipe_pair {
  system::fd out;
  system::fd in;
};

enum class our_end : std::uint8_t { out, in };

// Only our end is non-blocking: the flag belongs to the open file, which programs share with their parents.
result<pipe_pair> make_pipe(our_end ours) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
  pipe_pair made{.out = system::fd(ends[0]), .in = system::fd(ends[1])};
  if (::fcntl(ours == our_end::out ? ends[0] : ends[1], F_SETFL, O_NONBLOCK) != 0)
    return system::fail_errno("set up a pipe");
  return made;
}

result<session_ends> open_pipes(bool with_input) {
  session_ends made;
  exec_pipes ours;
  auto out = make_pipe(our_end::out);
  if (!out) return std::unexpected(out.error());
  auto err = make_pipe(our_end::out);
  if (!err) return std::unexpected(err.error());
  if (with_input) {
    auto in = make_pipe(our_end::in);
    if (!in) return std::unexpected(in.error());
    made.input = std::move(in->out);
    ours.in = std::move(in->in);
  } else {
    auto nothing = system::open_at(AT_FDCWD, "/dev/null", O_RDONLY);
    if (!nothing) return std::unexpected(nothing.error());
    made.input = std::move(*nothing);
  }
  made.output = std::move(out->in);
  made.errors = std::move(err->in);
  ours.out = std::move(out->out);
  ours.err = std::move(err->out);
  made.pipes = std::move(ours);
  return made;
}

}  // namespace

result<session_plan> plan_session(session_needs const& needs, wire::exec_start const& wanted) {
  auto argv = command_of(wanted);
  if (!argv) return std::unexpected(argv.error());
  if (auto good = check_environment(wanted.env); !good) return std::unexpected(good.error());
  if (wanted.terminal && wanted.err != 0)
    return fail(error_code::value_out_of_range, "with a terminal all output is one: leave `err` out");
  std::optional<session_user> user;
  if (!wanted.user.empty()) {
    auto found = needs.resolve_user(wanted.user);
    if (!found) return std::unexpected(found.error());
    user = std::move(*found);
  }
  auto environment = needs.environment(wanted.env, user ? &*user : nullptr, wanted.service);
  if (!environment) return std::unexpected(environment.error());
  if (wanted.terminal) add_terminal_kind(*environment, wanted.env);
  auto directory =
      directory_of(needs, wanted.workdir.empty() && !wanted.service.empty() ? needs.workdir_of(wanted.service)
                                                                            : wanted.workdir);
  if (!directory) return std::unexpected(directory.error());
  session_plan plan{.argv = std::move(*argv),
                    .environment = std::move(*environment),
                    .directory = std::move(*directory),
                    .user = {}};
  if (user) plan.user = std::move(user->ids);
  return plan;
}

result<session_ends> open_ends(wire::exec_start const& wanted, std::optional<spawn_user> const& user) {
  if (!wanted.terminal) return open_pipes(wanted.in != 0);
  auto made = open_terminal(*wanted.terminal, user ? std::optional(user->user) : std::nullopt);
  if (!made) return std::unexpected(made.error());
  session_ends ends;
  ends.input = std::move(made->program);
  ends.terminal = terminal_start{
      .ours = std::move(made->ours), .size = *wanted.terminal, .pending = {}, .scrollback = {}};
  return ends;
}

}  // namespace ostler::keeper
