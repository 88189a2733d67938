#include "cli/verbs/context.hpp"

#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include "cli/text.hpp"
#include "client/autostart.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

bool is_set(whereabouts::variables const& look_up, std::string_view name) {
  auto const value = look_up(name);
  return value && !value->empty();
}

bool is_on(whereabouts::variables const& look_up, std::string_view name) {
  auto const value = look_up(name);
  return value && !value->empty() && *value != "0";
}

colour_facts colours_asked(arguments const& call, whereabouts::variables const& look_up) {
  colour_facts out;
  if (auto const when = call.value("color"); when && *when != "auto")
    out.asked = *when == "always" ? colour_choice::always : colour_choice::never;
  if (call.has("no-color")) out.asked = colour_choice::never;
  out.refused = is_set(look_up, "NO_COLOR") || is_set(look_up, "OSTLER_NO_COLOR");
  out.forced = is_on(look_up, "FORCE_COLOR") || is_on(look_up, "CLICOLOR_FORCE");
  auto const terminal = look_up("TERM");
  out.dumb = !terminal || terminal->empty() || *terminal == "dumb";
  return out;
}

channel channel_of(int descriptor, colour_facts const& colours) {
  channel::facts out{.descriptor = descriptor, .terminal = ::isatty(descriptor) == 1};
  out.coloured = takes_colours(colours, out.terminal);
  winsize size{};
  if (out.terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) out.columns = size.ws_col;
  return channel(out);
}

format format_of(arguments const& call) {
  if (call.has("json")) return format::json;
  auto const asked = call.value("output");
  if (!asked || *asked == "table") return format::table;
  if (*asked == "wide") return format::wide;
  if (*asked == "json") return format::json;
  return *asked == "jsonl" ? format::jsonl : format::name;
}

std::string absolute(std::string const& from, std::string const& path) {
  return path.starts_with('/') ? path : fmt::format("{}/{}", from, path);
}

// The flags go before the environment; OSTLER_HOST is what the fingers of others type.
whereabouts::variables with_flags(whereabouts::variables const& look_up, arguments const& call,
                                  std::string const& directory) {
  auto const host = call.value("host").value_or("");
  auto const token_file = call.value("token-file");
  return [=](std::string_view name) -> std::optional<std::string> {
    if (name == "OSTLER_URL") {
      if (!host.empty()) return std::optional<std::string>(host);
      auto const url = look_up(name);
      return url && !url->empty() ? url : look_up("OSTLER_HOST");
    }
    if (name == "OSTLER_TOKEN" && token_file) {
      constexpr std::size_t token_max = 4096;
      auto text = system::read_file_at(AT_FDCWD, absolute(directory, *token_file), token_max);
      if (!text) return look_up(name);
      while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
      return *text;
    }
    return look_up(name);
  };
}

}  // namespace

context::context(surroundings around, arguments call)
    : around_(std::move(around)),
      call_(std::move(call)),
      directory_(call_.value("project") ? absolute(around_.directory, *call_.value("project"))
                                        : around_.directory),
      variable_(with_flags(around_.variable, call_, around_.directory)),
      show_{.out = channel_of(around_.output, colours_asked(call_, around_.variable)),
            .err = channel_of(around_.errors, colours_asked(call_, around_.variable)),
            .quiet = call_.has("quiet")},
      how_(format_of(call_)) {}

progress_manner context::progress_kind() const {
  auto const asked = call_.value("progress");
  if (show_.quiet || (asked && *asked == "quiet")) return progress_manner::quiet;
  if (asked && *asked == "plain") return progress_manner::plain;
  if (asked && *asked == "tty") return progress_manner::terminal;
  auto const terminal = around_.variable("TERM");
  bool const able = show_.err.is_terminal() && terminal && *terminal != "dumb";
  return able ? progress_manner::terminal : progress_manner::plain;
}

result<client::connection*> context::daemon() {
  if (daemon_) return &*daemon_;
  auto const where = whereabouts::find_address(variable_);
  if (!where) return std::unexpected(where.error());
  if (where->is_own && may_start_) {
    auto const started = client::ensure_daemon(variable_);
    if (!started) return std::unexpected(started.error());
    if (*started)
      note(fmt::format("Daemon started (pid {}, socket {})", (*started)->pid, printable((*started)->socket)));
  }
  daemon_.emplace(*where);
  return &*daemon_;
}

void context::note(std::string_view text) const {
  if (!show_.quiet) show_.err.line(text);
}

void context::hint(std::string_view text) const {
  if (show_.quiet || !show_.err.is_terminal()) return;
  show_.err.line(show_.err.paint(role::muted, text));
}

bool context::may_ask() const {
  return !call_.has("no-input") && ::isatty(around_.input) == 1 && show_.err.is_terminal();
}

bool context::asks_yes(std::string const& question) const {
  show_.err.write(question + " [y/N] ");
  std::string answer;
  char one = 0;
  while (::read(around_.input, &one, 1) == 1 && one != '\n') answer += one;
  return answer == "y" || answer == "Y" || answer == "yes";
}

result<bool> context::confirm(std::string const& question, std::string const& what) const {
  if (call_.has("yes")) return true;
  if (!may_ask())
    return fail(error_code::usage, fmt::format("nobody can be asked whether to {}", what),
                "Standard input is no terminal, or --no-input was given.",
                {fmt::format("the same command with --yes")});
  return asks_yes(question);
}

result<std::string> read_input(int from, std::size_t most) {
  std::string out;
  std::array<char, 65536> piece{};
  for (;;) {
    auto const count = ::read(from, piece.data(), piece.size());
    if (count == 0) return out;
    if (count < 0) {
      if (system::interrupted()) continue;
      return system::fail_errno("read standard input");
    }
    out.append(piece.data(), static_cast<std::size_t>(count));
    if (out.size() > most)
      return fail(error_code::body_too_large, fmt::format("standard input is larger than {} bytes", most));
  }
}

}  // namespace ostler::cli
