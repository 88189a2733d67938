#include "providers/local/keeper_home.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/noted_cgroups.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_link.hpp"
#include "wire/message.hpp"

namespace ostler::providers::local {
namespace {

constexpr std::size_t mark_size_max = 64UL * 1024;
constexpr std::size_t spec_size_max = 4UL * 1024 * 1024;
// Deaths take a moment, and so does the kernel until it lets go of a cgroup.
constexpr int clearing_tries_max = 500;
constexpr int clearing_wait_ms = 10;
constexpr char const* socket_name = "keeper.sock";
constexpr char const* spec_name = "spec.json";
// Where no keeper looks. It is kept for those that have to take over what an earlier one left.
constexpr char const* sealed_spec_name = "spec.sealed.json";

// Nothing when it is not there.
result<std::optional<std::string>> read_if_there(int home, char const* name, std::size_t size_max) {
  auto text = system::read_file_at(home, name, size_max);
  if (text) return std::optional(std::move(*text));
  if (text.error().code == error_code::file_unknown) return std::nullopt;
  return std::unexpected(std::move(text.error()));
}

result<wire::keeper_spec> read_spec(int home) {
  auto text = system::read_file_at(home, spec_name, spec_size_max);
  if (!text) text = system::read_file_at(home, sealed_spec_name, spec_size_max);
  if (!text) return std::unexpected(text.error());
  return wire::from_json<wire::keeper_spec>(*text);
}

}  // namespace

result<keeper_state> look_at_keeper(int home) {
  keeper_state seen;
  auto const text = read_if_there(home, "ident", mark_size_max);
  if (!text) return std::unexpected(text.error());
  if (!*text) return seen;
  auto last = wire::from_json<keeper_ident>(**text);
  if (!last) return std::unexpected(last.error());
  auto alive = system::process_handle::open(
      {.boot = last->boot_id, .pid = static_cast<pid_t>(last->pid), .start_ticks = last->start_ticks});
  if (!alive) return std::unexpected(alive.error());
  // One that nobody reaps, in a container without an init, is gone all the same.
  if (*alive) {
    auto const stat = system::stat_of(static_cast<pid_t>(last->pid));
    if (!stat || stat->ended()) alive->reset();
  }
  auto const boot = system::boot_id();
  if (!boot) return std::unexpected(boot.error());
  struct stat socket{};
  bool const in_order = ::fstatat(home, socket_name, &socket, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
  // Not only its own: one that was killed before it had begun has not taken over what the one before it held.
  seen.left_behind = !*alive && !in_order && last->boot_id == *boot;
  seen.alive = std::move(*alive);
  seen.last = std::move(*last);
  return seen;
}

result<void> write_spec(int home, wire::keeper_spec const& spec) {
  return system::replace_file_at(home, spec_name, wire::to_json(spec), system::survives::killed);
}

result<void> write_spec_of_last(int home, std::uint64_t generation) {
  auto spec = read_spec(home);
  if (!spec) return std::unexpected(spec.error());
  spec->generation = generation;
  for (auto& service : spec->services) service.autostart = false;
  return write_spec(home, *spec);
}

result<bool> seal_home(int home) {
  if (::renameat(home, spec_name, home, sealed_spec_name) != 0 && errno != ENOENT)
    return system::fail_errno("take the spec from the home of a keeper");
  // Whoever has the lock may have read it before.
  auto const lock = system::open_at(home, "lock", O_RDWR | O_NOFOLLOW);
  if (!lock && lock.error().code == error_code::file_unknown) return true;
  if (!lock) return std::unexpected(lock.error());
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return system::fail_errno("look whether a keeper holds its home");
}

result<void> clear_cgroups(int home, std::stop_token const& stop) {
  for (int tried = 0;; ++tried) {
    auto const left = system::remove_noted_cgroups(home);
    if (!left) return std::unexpected(left.error());
    if (left->empty()) return {};
    if (tried == clearing_tries_max || stop.stop_requested()) {
      std::vector<std::string> named;
      for (auto const& each : *left)
        named.push_back(fmt::format("{}: {}", each.path, fmt::join(each.processes, " ")));
      return fail(error_code::delete_incomplete,
                  "a cgroup that a keeper made could not be removed; look at the processes in it",
                  fmt::format("{}", fmt::join(named, "\n")));
    }
    // By the kernel's word, whoever is in it was started by a keeper of this home.
    if (auto done = system::kill_in_noted_cgroups(home); !done) return done;
    ::poll(nullptr, 0, clearing_wait_ms);
  }
}

result<system::fd> connect_to_keeper(int home) {
  system::fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system::fail_errno("make a socket");
  // However long the path of the directory is, this one is short.
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  auto const path = fmt::format("/proc/self/fd/{}/{}", home, socket_name);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0)
    return socket;
  if (errno == ENOENT || errno == ECONNREFUSED)
    return fail(error_code::link_failed,
                fmt::format("no keeper listens on its socket: {}", system::errno_text(errno)));
  return system::fail_errno("connect to the keeper");
}

result<void> ask_to_hurry(int home) {
  auto const spec = read_spec(home);
  if (!spec) return std::unexpected(spec.error());
  auto const socket = connect_to_keeper(home);
  if (!socket) return std::unexpected(socket.error());
  std::string text;
  wire::write_control(text, wire::to_json(wire::hello{.token = spec->token}));
  wire::write_control(text, wire::request_text(1, "stop", wire::stop_params{.grace = milliseconds(0)}));
  // A fresh socket takes this much at once.
  auto const sent = ::send(socket->get(), text.data(), text.size(), MSG_NOSIGNAL);
  // It may end between the two: whoever asks looks whether it has.
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
    return fail(error_code::link_failed, "the keeper ended before it could be asked to stop at once");
  if (sent != static_cast<ssize_t>(text.size())) return system::fail_errno("ask the keeper to stop at once");
  return {};
}

}  // namespace ostler::providers::local
