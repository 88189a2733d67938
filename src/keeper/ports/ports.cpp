#include "keeper/ports/ports.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>

#include "keeper/ports/proc_lines.hpp"

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
  for (int skipped = 0; skipped < 5; ++skipped) next_word(line);
  auto const inode = number<std::uint64_t>(next_word(line), 10);
  auto const colon = local.find(':');
  if (!state || !inode || colon == std::string_view::npos) return std::nullopt;
  auto const port = number<std::uint16_t>(local.substr(colon + 1), 16);
  socket_line read{.socket = {.address = {}, .port = port.value_or(0), .family = family, .inode = *inode},
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

// The kernel tells listening sockets first, so the first other one ends the list: a machine with a hundred
// thousand connections costs no more than one without.
template <class Each> result<void> for_each_listener(std::string const& process, Each each) {
  return for_each_socket(process,
                         [&](socket_line const& read) { return read.state == listens && each(read.socket); });
}

result<std::vector<std::uint64_t>> inodes_on(std::string const& process, std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  auto const done = for_each_listener(process, [&](listener const& found) {
    if (found.port == port) inodes.push_back(found.inode);
    return inodes.size() < port_table::listeners_max;
  });
  if (!done) return std::unexpected(done.error());
  return inodes;
}

struct closer {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using directory = std::unique_ptr<DIR, closer>;

std::string link_text(int at, char const* name) {
  std::array<char, 128> text;
  auto const length = ::readlinkat(at, name, text.data(), text.size());
  return length < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

std::string text_of(listener const& listening) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  bool const v4 = listening.family == address_family::v4;
  ::inet_ntop(v4 ? AF_INET : AF_INET6, listening.address.data(), text.data(), text.size());
  return fmt::format("{}{}{}:{}", v4 ? "" : "[", text.data(), v4 ? "" : "]", listening.port);
}

result<std::vector<listener>> port_table::listeners(pid_t of) const {
  std::vector<listener> all;
  bool too_many = false;
  auto const done = for_each_listener(fmt::format("{}/{}", proc_, of), [&](listener const& found) {
    too_many = all.size() == listeners_max;
    if (!too_many) all.push_back(found);
    return !too_many;
  });
  if (!done) return std::unexpected(done.error());
  if (too_many)
    return fail(error_code::value_out_of_range, fmt::format("more than {} sockets listen", listeners_max));
  return all;
}

result<std::vector<listener>> port_table::listeners() const { return listeners(::getpid()); }

bool port_table::holds(pid_t pid, std::span<std::uint64_t const> inodes) const {
  directory const descriptors(::opendir(fmt::format("{}/{}/fd", proc_, pid).c_str()));
  if (!descriptors) return false;
  while (auto const* entry = ::readdir(descriptors.get())) {
    auto const text = link_text(::dirfd(descriptors.get()), entry->d_name);
    constexpr std::string_view prefix = "socket:[";
    if (!text.starts_with(prefix)) continue;
    auto const inode = number<std::uint64_t>(
        std::string_view(text).substr(prefix.size(), text.size() - prefix.size() - 1), 10);
    if (inode && std::ranges::find(inodes, *inode) != inodes.end()) return true;
  }
  return false;
}

result<std::optional<pid_t>> port_table::owner_of(std::uint16_t port, std::span<pid_t const> pids) const {
  // Mostly all of them share one namespace, whose sockets are then read once.
  struct seen_namespace {
    std::string name;
    std::vector<std::uint64_t> inodes;
  };
  std::vector<seen_namespace> seen;
  for (auto const pid : pids) {
    auto const process = fmt::format("{}/{}", proc_, pid);
    // Empty when it may not be read: then it is taken for one of its own.
    auto name = link_text(AT_FDCWD, (process + "/ns/net").c_str());
    auto known = std::ranges::find(seen, name, &seen_namespace::name);
    if (known == seen.end() || name.empty()) {
      auto inodes = inodes_on(process, port);
      if (!inodes && inodes.error().code == error_code::system_exhausted)
        return std::unexpected(inodes.error());
      // It has ended.
      if (!inodes) continue;
      seen.push_back({.name = std::move(name), .inodes = std::move(*inodes)});
      known = seen.end() - 1;
    }
    if (!known->inodes.empty() && holds(pid, known->inodes)) return pid;
  }
  return std::nullopt;
}

result<std::optional<pid_t>> port_table::who_listens(std::uint16_t port) const {
  auto const inodes = inodes_on(fmt::format("{}/{}", proc_, ::getpid()), port);
  if (!inodes) return std::unexpected(inodes.error());
  if (inodes->empty()) return std::nullopt;
  directory const processes(::opendir(proc_.c_str()));
  if (!processes) return system::fail_errno(fmt::format("open {}", proc_));
  while (auto const* entry = ::readdir(processes.get())) {
    auto const pid = number<pid_t>(entry->d_name, 10);
    if (pid && holds(*pid, *inodes)) return *pid;
  }
  return std::nullopt;
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
