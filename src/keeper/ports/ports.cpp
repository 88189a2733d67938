#include "keeper/ports/ports.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>

#include "keeper/ports/proc_lines.hpp"
#include "keeper/ports/sock_diag.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

std::string_view next_word(std::string_view& line) {
  auto const begin = std::min(line.find_first_not_of(' '), line.size());
  auto const end = std::min(line.find(' ', begin), line.size());
  auto const word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

template <class Number> std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct socket_line {
  listener socket;
  unsigned state = 0;
};

// The kernel prints an address as words in the order of the machine, each as it lies in memory.
bool read_address(std::string_view text, listener& into) {
  std::size_t const words = into.family == address_family::v4 ? 1 : 4;
  if (text.size() != words * 8) return false;
  for (std::size_t word = 0; word < words; ++word) {
    auto const value = number<std::uint32_t>(text.substr(word * 8, 8), 16);
    if (!value) return false;
    std::memcpy(into.address.data() + word * 4, &*value, 4);
  }
  return true;
}

std::optional<socket_line> read_line(std::string_view line, address_family family) {
  // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
  next_word(line);
  auto const local = next_word(line);
  next_word(line);
  auto const state = number<unsigned>(next_word(line), 16);
  for (int skipped = 0; skipped < 3; ++skipped) next_word(line);
  auto const user = number<uid_t>(next_word(line), 10);
  next_word(line);
  auto const inode = number<std::uint64_t>(next_word(line), 10);
  auto const colon = local.find(':');
  if (!state || !user || !inode || colon == std::string_view::npos) return std::nullopt;
  auto const port = number<std::uint16_t>(local.substr(colon + 1), 16);
  socket_line read{
      .socket = {.address = {}, .port = port.value_or(0), .family = family, .inode = *inode, .user = *user},
      .state = *state};
  if (!port || !read_address(local.substr(0, colon), read.socket)) return std::nullopt;
  return read;
}

constexpr unsigned listens = 0x0a;

// Calls `each(socket_line)` for the sockets of a namespace until it gives false for a family.
template <class Each> result<void> for_each_socket(std::string const& process, Each each) {
  for (auto const family : {address_family::v4, address_family::v6}) {
    auto const done = for_each_line(process + (family == address_family::v4 ? "/net/tcp" : "/net/tcp6"),
                                    [&](std::string_view line) {
                                      auto const read = read_line(line, family);
                                      return !read || each(*read);
                                    });
    // A kernel without IPv6 has no file for it.
    if (!done && (family == address_family::v4 || done.error().code != error_code::file_unknown)) return done;
  }
  return {};
}

// On that port, or on every one when it is 0. The kernel tells listening sockets first, so the first other
// one ends the list and the rest is not read; but it walks its whole table of connections to fill each piece
// that we read, or to find that there are none.
result<std::vector<listener>> proc_listeners(std::string const& process, std::uint16_t port) {
  std::vector<listener> all;
  auto const done = for_each_socket(process, [&](socket_line const& read) {
    if (read.state != listens) return false;
    if (port == 0 || read.socket.port == port) all.push_back(read.socket);
    return all.size() <= port_table::listeners_max;
  });
  if (!done) return std::unexpected(done.error());
  if (all.size() > port_table::listeners_max)
    return fail(error_code::value_out_of_range,
                fmt::format("more than {} sockets listen", port_table::listeners_max));
  return all;
}

struct closer {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using directory = std::unique_ptr<DIR, closer>;

using link_buffer = std::array<char, 128>;

// Empty when it cannot be read; errno says why.
std::string_view link_text(int at, char const* name, link_buffer& into) {
  auto const length = ::readlinkat(at, name, into.data(), into.size());
  return length < 0 ? std::string_view() : std::string_view(into.data(), static_cast<std::size_t>(length));
}

// Empty when it may not be known.
std::string network_of(std::string const& process) {
  link_buffer buffer;
  return std::string(link_text(AT_FDCWD, (process + "/ns/net").c_str(), buffer));
}

std::optional<std::uint64_t> inode_of(std::string_view link) {
  constexpr std::string_view prefix = "socket:[";
  if (!link.starts_with(prefix) || !link.ends_with(']')) return std::nullopt;
  link.remove_prefix(prefix.size());
  link.remove_suffix(1);
  return number<std::uint64_t>(link, 10);
}

bool refused(int why) { return why == EACCES || why == EPERM; }

//   hidden  it lives, and what it holds may not be seen
enum class holding : std::uint8_t { none, one, hidden };

// Of one whose descriptors could not be seen. What ended and was not yet waited for belongs to root, and
// holds nothing any more.
holding unseen(pid_t pid) {
  if (::kill(pid, 0) != 0 && errno == ESRCH) return holding::none;
  auto const seen = system::stat_of(pid);
  return seen && seen->ended() ? holding::none : holding::hidden;
}

result<holding> holds(std::string const& proc, pid_t pid, std::span<listener const> sockets) {
  auto const path = fmt::format("{}/{}/fd", proc, pid);
  directory const descriptors(::opendir(path.c_str()));
  if (!descriptors && system::errno_code(errno) == error_code::system_exhausted)
    return system::fail_errno(fmt::format("open {}", path));
  if (!descriptors) return unseen(pid);
  bool hidden = false;
  link_buffer buffer;
  while (auto const* entry = ::readdir(descriptors.get())) {
    auto const text = link_text(::dirfd(descriptors.get()), entry->d_name, buffer);
    hidden = hidden || (text.empty() && refused(errno));
    auto const inode = inode_of(text);
    if (inode && std::ranges::find(sockets, *inode, &listener::inode) != sockets.end()) return holding::one;
  }
  return hidden ? unseen(pid) : holding::none;
}

// The processes there are, those of the users who made one of the sockets first: mostly it is still theirs.
result<std::vector<pid_t>> likely_first(std::string const& proc, std::span<listener const> sockets) {
  directory const processes(::opendir(proc.c_str()));
  if (!processes) return system::fail_errno(fmt::format("open {}", proc));
  std::vector<pid_t> all;
  std::size_t likely = 0;
  while (auto const* entry = ::readdir(processes.get())) {
    auto const pid = number<pid_t>(entry->d_name, 10);
    if (!pid) continue;
    all.push_back(*pid);
    struct stat seen{};
    if (::fstatat(::dirfd(processes.get()), entry->d_name, &seen, 0) == 0 &&
        std::ranges::find(sockets, seen.st_uid, &listener::user) != sockets.end())
      std::swap(all[likely++], all.back());
  }
  return all;
}

}  // namespace

std::string text_of(listener const& listening) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  bool const v4 = listening.family == address_family::v4;
  ::inet_ntop(v4 ? AF_INET : AF_INET6, listening.address.data(), text.data(), text.size());
  return fmt::format("{}{}{}:{}", v4 ? "" : "[", text.data(), v4 ? "" : "]", listening.port);
}

result<std::vector<listener>> port_table::sockets(std::string const& process, bool ours,
                                                  std::uint16_t port) const {
  if (ours && way_ == way::cheapest) {
    auto told = diag_listeners(port, listeners_max);
    if (told || told.error().code == error_code::value_out_of_range) return told;
  }
  return proc_listeners(process, port);
}

result<std::vector<listener>> port_table::listeners(pid_t of) const {
  auto const process = fmt::format("{}/{}", proc_, of);
  auto const theirs = network_of(process);
  return sockets(process, !theirs.empty() && theirs == network_of(proc_ + "/self"), 0);
}

result<std::vector<listener>> port_table::listeners() const { return sockets(proc_ + "/self", true, 0); }

result<port_holder> port_table::owner_of(std::uint16_t port, std::span<pid_t const> pids) const {
  // Mostly all of them share ours, whose sockets are then asked for once.
  struct known_network {
    std::string name;
    std::vector<listener> sockets;
  };
  auto const self = proc_ + "/self";
  auto own = sockets(self, true, port);
  if (!own) return std::unexpected(own.error());
  std::vector<known_network> known;
  known.push_back({.name = network_of(self), .sockets = std::move(*own)});
  bool listened = !known.front().sockets.empty();
  bool hidden = false;
  for (auto const pid : pids) {
    auto const process = fmt::format("{}/{}", proc_, pid);
    auto name = network_of(process);
    auto where = name.empty() ? known.begin() : std::ranges::find(known, name, &known_network::name);
    if (where == known.end()) {
      auto theirs = sockets(process, false, port);
      if (!theirs && theirs.error().code == error_code::system_exhausted)
        return std::unexpected(theirs.error());
      // It has ended.
      if (!theirs) continue;
      listened = listened || !theirs->empty();
      known.push_back({.name = std::move(name), .sockets = std::move(*theirs)});
      where = known.end() - 1;
    }
    if (where->sockets.empty()) continue;
    auto const seen = holds(proc_, pid, where->sockets);
    if (!seen) return std::unexpected(seen.error());
    if (*seen == holding::one) return port_holder{.what = port_holder::kind::found, .pid = pid};
    hidden = hidden || *seen == holding::hidden;
  }
  using kind = port_holder::kind;
  if (!listened) return port_holder{.what = kind::nobody};
  return port_holder{.what = hidden ? kind::hidden : kind::others};
}

result<port_holder> port_table::who_listens(std::uint16_t port) const {
  auto const there = sockets(proc_ + "/self", true, port);
  if (!there) return std::unexpected(there.error());
  if (there->empty()) return port_holder{.what = port_holder::kind::nobody};
  auto const processes = likely_first(proc_, *there);
  if (!processes) return std::unexpected(processes.error());
  for (auto const pid : *processes) {
    auto const seen = holds(proc_, pid, *there);
    if (!seen) return std::unexpected(seen.error());
    if (*seen == holding::one) return port_holder{.what = port_holder::kind::found, .pid = pid};
  }
  // Also when none refused: a process that we do not even see may hold it.
  return port_holder{.what = port_holder::kind::hidden};
}

namespace {

enum class reuse : std::uint8_t { no, yes };

result<bool> binds(sockaddr const* address, socklen_t size, reuse how) {
  int const family = address->sa_family;
  system::fd const probe(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // A machine without IPv6 has nothing that could be taken there.
  if (!probe && errno == EAFNOSUPPORT) return true;
  if (!probe) return system::fail_errno("make a socket to probe a port");
  int const on = 1;
  if (how == reuse::yes) ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6) ::setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(probe.get(), address, size) == 0 || errno == EADDRNOTAVAIL) return true;
  if (errno == EADDRINUSE) return false;
  return system::fail_errno("bind a port to see whether it is free");
}

result<bool> binds_everywhere(std::uint16_t port, reuse how) {
  for (auto const host : {INADDR_ANY, INADDR_LOOPBACK}) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    auto const bound = binds(reinterpret_cast<sockaddr const*>(&address), sizeof(address), how);
    if (!bound || !*bound) return bound;
  }
  for (auto const& host : {in6addr_any, in6addr_loopback}) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = host;
    auto const bound = binds(reinterpret_cast<sockaddr const*>(&address), sizeof(address), how);
    if (!bound || !*bound) return bound;
  }
  return true;
}

}  // namespace

result<bool> port_free(std::uint16_t port) {
  if (port == 0) return fail(error_code::value_out_of_range, "0 is no port that could be free or taken");
  auto const strictly = binds_everywhere(port, reuse::no);
  if (!strictly || *strictly) return strictly;
  auto const leniently = binds_everywhere(port, reuse::yes);
  if (!leniently || !*leniently) return leniently;
  // What stood in the way the first time: the end of a connection, which is told here, or a socket that is
  // bound and does not listen yet, which is told nowhere.
  bool connections = false;
  auto const done = for_each_socket("/proc/self", [&](socket_line const& read) {
    connections = connections || read.socket.port == port;
    return !connections;
  });
  if (!done) return std::unexpected(done.error());
  return connections;
}

}  // namespace ostler::keeper
