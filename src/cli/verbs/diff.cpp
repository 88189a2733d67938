#include <array>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/session_operations.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

// Told apart from whatever git answers by itself.
constexpr int no_repository = 77;

// Against the last commit, and what git does not know yet by name: a new file is a change too. No setting of
// the repository may run a program: neither a pager nor a driver of its own.
std::string script(arguments const& call) {
  std::string_view form = "-p";
  if (call.has("stat")) form = "--stat";
  if (call.has("name-only")) form = "--name-only";
  return fmt::format(
      "git rev-parse --is-inside-work-tree >/dev/null 2>&1 || exit {}\n"
      "base=HEAD; git rev-parse -q --verify HEAD >/dev/null || base=$(git hash-object -t tree /dev/null)\n"
      "git --no-pager diff --no-ext-diff --no-textconv --no-color {} \"$base\" -- || exit 1\n"
      "git ls-files --others --exclude-standard{}\n",
      no_repository, form, call.has("name-only") ? "" : " | sed 's/^/new file, not known to git: /'");
}

std::string painted(channel const& where, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto const line = text.substr(0, end);
    auto const shown = log_text(line, colours::strip);
    bool const header = line.starts_with("+++") || line.starts_with("---");
    if (line.starts_with('+') && !header)
      out += where.paint(role::ok, shown);
    else if (line.starts_with('-') && !header)
      out += where.paint(role::failure, shown);
    else
      out += line.starts_with("@@") ? where.paint(role::busy, shown) : shown;
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

// Through PAGER on a terminal, as git does.
void show_paged(context const& with, std::string const& text) {
  auto const& out = with.show().out;
  auto const pager = with.around().variable("PAGER").value_or("less -FIRX");
  std::array<int, 2> ends{-1, -1};
  if (!out.is_terminal() || pager.empty() || pager == "cat" || ::pipe2(ends.data(), O_CLOEXEC) != 0)
    return out.write(text);
  system::fd const reads(ends[0]);
  system::fd writes(ends[1]);
  auto const child = ::fork();
  if (child == 0) {
    ::dup2(reads.get(), 0);
    ::execl("/bin/sh", "sh", "-c", pager.c_str(), static_cast<char*>(nullptr));
    ::_exit(exit_not_found);
  }
  if (child < 0) return out.write(text);
  // A pager that is left early is no reason to end.
  auto const before = ::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(system::write_all(writes.get(), as_bytes(text)));
  writes.reset();
  int how = 0;
  system::uninterrupted([&] { return ::waitpid(child, &how, 0); });
  ::signal(SIGPIPE, before);
}

}  // namespace

result<int> diff(context& with) {
  auto const& call = with.call();
  auto const whom = find_instance(with, call.operands.empty() ? "" : call.operands.front());
  if (!whom) return std::unexpected(whom.error());
  auto now = with.ask<operations::exec_start>(
      {.instance = whom->name, .command = {script(call)}, .shell = true, .label = "diff"}, 120s);
  if (!now) return std::unexpected(now.error());
  std::string out = now->out;
  std::string err = now->err;
  while (now->running || now->truncated) {
    now = with.ask<operations::exec_read>({.instance = whom->name,
                                           .session = now->session,
                                           .cursor = now->next_cursor,
                                           .lines = 1000,
                                           .wait = 20s},
                                          120s);
    if (!now) return std::unexpected(now.error());
    out += now->out;
    err += now->err;
  }
  bool const ended = now->exit && now->exit->how == wire::ended::code;
  if (ended && now->exit->value == no_repository)
    return fail(error_code::feature_missing,
                fmt::format("the workspace of {} is no git repository; what has changed in it is not known",
                            whom->name),
                {}, {fmt::format("ostler exec {} -- ls -la", whom->name)});
  if (!ended || now->exit->value != 0)
    return fail(error_code::system_failed,
                fmt::format("git could not say what has changed in {}", whom->name), err);
  if (out.empty()) with.note(fmt::format("{} has no changes since its last commit.", printable(whom->name)));
  show_paged(with, painted(with.show().out, out));
  return exit_done;
}

}  // namespace ostler::cli
