// ostler-keeper: holds what runs in one instance.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "keeper/hold/escape.hpp"
#include "keeper/start/detach.hpp"
#include "keeper/start/version.hpp"
#include "keeper/unsaved/look_program.hpp"
#include "keeper/whole/dial.hpp"
#include "keeper/whole/keeper.hpp"
#include "keeper/whole/look.hpp"
#include "system/files.hpp"
#include "system/open_files.hpp"

namespace {

using namespace ostler;

constexpr std::string_view help = R"(ostler-keeper: holds the services, terminals and logs of one instance.

Usage:
  ostler-keeper run --dir DIR [--foreground] [--open-files N]
                                               hold what DIR/spec.json says
  ostler-keeper dial --dir DIR                 the keeper's link on standard input and output
  ostler-keeper status --dir DIR [--json]      what is held in DIR
  ostler-keeper look < ORDER                   what in a workspace exists nowhere else
  ostler-keeper --version | --help

`run` returns when the keeper is there; it goes on by itself, without a terminal and outside of the session. On a
directory whose keeper was killed it takes over what that one held. With --foreground it stays, as a container needs.
With --open-files it, and each process that it starts, may have N files open, if its caller may have as many.

`look` needs no keeper. It reads its order as JSON from standard input, runs nothing that the workspace names, changes
nothing, and prints what it found as JSON.

Exit codes: 0 done; 1 failed, and why is said; 2 wrong usage; 3 status: no keeper runs there.
)";

struct orders {
  std::string verb;
  std::string directory;
  bool foreground = false;
  // We were a keeper already, and are to go on as this program.
  bool take_over = false;
  bool json = false;
  // 0 for as many as the caller may have open.
  std::uint64_t open_files = 0;
};

void say(int to, std::string_view text) { static_cast<void>(system::write_all(to, as_bytes(text))); }

int refuse_usage(std::string_view what) {
  say(STDERR_FILENO, fmt::format("ostler-keeper: {}\nTry `ostler-keeper --help`.\n", what));
  return 2;
}

bool read_count(std::string_view text, std::uint64_t& out) {
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && out > 0;
}

std::optional<orders> read_orders(std::span<char* const> words, int& code) {
  orders out;
  code = 2;
  for (std::size_t at = 1; at < words.size(); ++at) {
    std::string_view const word = words[at];
    if (word == "--help" || word == "-h" || word == "--version") {
      say(STDOUT_FILENO,
          word == "--version" ? fmt::format("ostler-keeper {}\n", keeper::version) : std::string(help));
      code = 0;
      return std::nullopt;
    }
    if (word == "--foreground") {
      out.foreground = true;
    } else if (word == "--take-over") {
      out.take_over = true;
    } else if (word == "--json") {
      out.json = true;
    } else if (word == "--open-files" && at + 1 < words.size()) {
      if (read_count(words[++at], out.open_files)) continue;
      refuse_usage(fmt::format("--open-files {} is no number from 1 on", in_quotes(words[at])));
      return std::nullopt;
    } else if (word == "--dir" && at + 1 < words.size()) {
      out.directory = words[++at];
    } else if (word.starts_with("--dir=")) {
      out.directory = word.substr(6);
    } else if (!word.starts_with("-") && out.verb.empty()) {
      out.verb = word;
    } else {
      refuse_usage(fmt::format("{} is not understood here", in_quotes(word)));
      return std::nullopt;
    }
  }
  if (out.verb != "run" && out.verb != "dial" && out.verb != "status" && out.verb != "look") {
    refuse_usage(out.verb.empty() ? "say what to do: run, dial, status or look"
                                  : fmt::format("{} is no verb; there are run, dial, status and look",
                                                in_quotes(out.verb)));
    return std::nullopt;
  }
  if (out.verb != "look" && out.directory.empty()) {
    refuse_usage(fmt::format("{} needs --dir DIR", out.verb));
    return std::nullopt;
  }
  return out;
}

std::string text(error const& why) {
  auto out = why.message;
  for (auto const& hint : why.hints) out += fmt::format("\n  try: {}", hint);
  return out;
}

// In the process that is to be the keeper.
result<std::unique_ptr<keeper::keeper>> make_keeper(orders const& wanted) {
  auto place = keeper::home::open(wanted.directory);
  if (!place) return std::unexpected(place.error());
  std::optional<keeper::handed_keeper> handed;
  if (wanted.take_over) {
    auto taken = keeper::take_handover(*place);
    if (!taken) return std::unexpected(taken.error());
    handed = std::move(*taken);
    place->inherit_lock(system::fd(handed->lock));
  } else if (auto done = place->lock(); !done) {
    return std::unexpected(done.error());
  }
  auto spec = place->spec();
  if (!spec) return std::unexpected(spec.error());
  // So that no mount is kept busy, and short names do for sockets.
  if (::fchdir(place->get()) != 0) return fail(error_code::system_failed, "could not enter the directory");
  auto const pid = wanted.take_over || wanted.foreground ? keeper::own_pid::known : keeper::own_pid::unknown;
  auto made = keeper::keeper::make(std::move(*place), std::move(*spec), pid, std::move(handed));
  // It may have come as far as to have a cgroup of its own, which would stay.
  if (!made) keeper::return_to_launchers_cgroup();
  return made;
}

int run(orders const& wanted) {
  ::umask(0077);
  if (wanted.open_files > 0)
    if (auto const done = system::set_open_files(wanted.open_files); !done) {
      say(STDERR_FILENO, fmt::format("ostler-keeper: {}\n", text(done.error())));
      return 1;
    }
  keeper::start_report report;
  if (wanted.take_over) {
    // Everything that is open belongs to us.
  } else if (wanted.foreground) {
    keeper::let_go_of_descriptors(-1, keeper::standard_streams::stay);
  } else {
    // Relative paths mean the caller's directory, which we are about to leave.
    auto detached = keeper::detach();
    if (!detached) {
      say(STDERR_FILENO, fmt::format("ostler-keeper: {}\n", text(detached.error())));
      return 1;
    }
    report = std::move(*detached);
    keeper::let_go_of_descriptors(report.descriptor(), keeper::standard_streams::go);
  }
  auto made = make_keeper(wanted);
  if (!made) {
    report.tell(text(made.error()));
    if (wanted.foreground) say(STDERR_FILENO, fmt::format("ostler-keeper: {}\n", text(made.error())));
    return 1;
  }
  report.tell({});
  auto const done = (*made)->run();
  if (!done) say(STDERR_FILENO, fmt::format("ostler-keeper: {}\n", text(done.error())));
  return done ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  int code = 0;
  auto const wanted = read_orders({words, static_cast<std::size_t>(count)}, code);
  if (!wanted) return code;
  try {
    if (wanted->verb == "run") return run(*wanted);
    if (wanted->verb == "look") return keeper::look_for_work();
    if (wanted->verb == "dial") return keeper::dial(wanted->directory);
    return keeper::show_status(wanted->directory, wanted->json);
  } catch (std::exception const& failed) {
    say(STDERR_FILENO, fmt::format("ostler-keeper: {}\n", failed.what()));
    return 1;
  }
}
