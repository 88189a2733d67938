#include "keeper/whole/look.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <iterator>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/start/home.hpp"
#include "keeper/whole/dial.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_verbs.hpp"
#include "wire/message.hpp"

namespace ostler::keeper {
namespace {

int say(int code, std::string const& text) {
  static_cast<void>(system::write_all(code == 0 ? STDOUT_FILENO : STDERR_FILENO, as_bytes(text)));
  return code;
}

// Asks and waits; events that come meanwhile are passed over.
result<wire::keeper_status> ask_status(int socket, std::string const& token) {
  std::string out;
  wire::write_control(out,
                      wire::to_json(wire::hello{.token = token, .after_seq = UINT64_MAX, .features = {}}));
  wire::write_control(out, wire::request_text(1, "status", wire::nothing{}));
  if (auto done = system::write_all(socket, as_bytes(out)); !done) return std::unexpected(done.error());
  wire::frame_reader reader;
  for (;;) {
    auto const next = reader.next();
    if (!next) return std::unexpected(next.error());
    if (!*next) {
      auto const space = reader.space();
      auto const got = system::uninterrupted([&] { return ::recv(socket, space.data(), space.size(), 0); });
      if (got <= 0) return fail(error_code::link_failed, "the keeper ended the link");
      reader.filled(static_cast<std::size_t>(got));
      continue;
    }
    if ((*next)->kind != wire::frame_kind::control) continue;
    auto const content = wire::message::parse((*next)->payload);
    if (!content) return std::unexpected(content.error());
    if (auto const why = content->refusal()) return std::unexpected(*why);
    if (content->id()) return content->answer<wire::keeper_status>();
  }
}

std::string shown(wire::keeper_status const& status) {
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "instance {} generation {}, keeper {} pid {}{}\n", status.instance, status.generation,
                 status.keeper.version, status.keeper.pid, status.stopping ? ", stopping" : "");
  for (auto const& each : status.services) {
    fmt::format_to(to, "  {:<16} {}{}{}", each.name, each.message, each.detail.empty() ? "" : " ",
                   each.detail);
    if (each.pid != 0) fmt::format_to(to, "  pid {}", each.pid);
    for (auto const& limit : each.limits) fmt::format_to(to, "  [{}]", limit);
    out += '\n';
  }
  for (auto const& each : status.sessions)
    fmt::format_to(to, "  session {:<8} {} {}\n", each.session, each.running ? "running" : "ended",
                   fmt::join(each.command, " "));
  for (auto const& each : status.limits)
    fmt::format_to(to, "  {}limit of all {}: {}\n", each.full ? "" : "weaker: ", each.what, each.how);
  for (auto const& each : status.abilities)
    fmt::format_to(to, "  {}{}: {}\n", each.full ? "" : "weaker: ", each.what, each.how);
  return out;
}

}  // namespace

int show_status(std::string const& directory, bool json) {
  auto const place = home::open(directory);
  if (!place) return say(1, fmt::format("ostler-keeper: {}\n", place.error().message));
  auto const socket = connect_to_keeper(directory);
  if (!socket) {
    auto const former = place->holder();
    return say(3,
               fmt::format("{}{}\n", socket.error().message,
                           former ? fmt::format("; the last one had pid {}", former->pid) : std::string()));
  }
  auto const spec = place->spec();
  if (!spec) return say(1, fmt::format("ostler-keeper: {}\n", spec.error().message));
  auto const status = ask_status(socket->get(), spec->token);
  if (!status) return say(1, fmt::format("ostler-keeper: {}\n", status.error().message));
  return say(0, json ? wire::to_json(*status) + "\n" : shown(*status));
}

}  // namespace ostler::keeper
