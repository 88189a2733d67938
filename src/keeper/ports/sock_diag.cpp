#include "keeper/ports/sock_diag.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <utility>

#include "system/failure.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {
namespace {

// TCP_LISTEN, which <netinet/tcp.h> and <linux/tcp.h> both have and cannot be had together.
constexpr unsigned listens = 10;
// The kernel cuts its answer to the buffer of the reader, and takes this much even before it knows it.
constexpr std::size_t datagram_max = 8192;

std::unexpected<error> malformed(std::string_view what) {
  return fail(error_code::message_malformed,
              fmt::format("the kernel's list of listening sockets has {}", what));
}

// Copied, because nothing says that the bytes lie where such a thing may lie.
template <class Thing> std::optional<Thing> leading(byte_view bytes) {
  if (bytes.size() < sizeof(Thing)) return std::nullopt;
  Thing read;
  std::memcpy(&read, bytes.data(), sizeof read);
  return read;
}

result<void> read_socket(byte_view body, std::vector<listener>& into) {
  auto const seen = leading<inet_diag_msg>(body);
  if (!seen) return malformed("a socket that is cut short");
  if (seen->idiag_family != AF_INET && seen->idiag_family != AF_INET6)
    return malformed(fmt::format("a socket of family {}", seen->idiag_family));
  if (seen->idiag_state != listens) return {};
  bool const v4 = seen->idiag_family == AF_INET;
  listener read{.address = {},
                .port = ntohs(seen->id.idiag_sport),
                .family = v4 ? address_family::v4 : address_family::v6,
                .inode = seen->idiag_inode,
                .user = seen->idiag_uid};
  std::memcpy(read.address.data(), seen->id.idiag_src, v4 ? 4 : 16);
  into.push_back(read);
  return {};
}

constexpr int errno_max = 4095;

std::unexpected<error> refused(int status) {
  if (status >= 0 || status < -errno_max) return malformed("an error without a number");
  return system::fail_errno("list the listening sockets", -status);
}

result<diag_progress> read_end(byte_view body) {
  // Zero, or a negative errno; old kernels leave it out when all went well.
  if (auto const status = leading<int>(body).value_or(0); status != 0) return refused(status);
  return diag_progress::done;
}

result<void> ask(int netlink, int family, std::uint16_t port, std::uint32_t sequence) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 wanted;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = sequence;
  request.wanted.sdiag_family = static_cast<std::uint8_t>(family);
  request.wanted.sdiag_protocol = IPPROTO_TCP;
  request.wanted.idiag_states = 1U << listens;
  // A question for one socket would be cheaper still, but tells only the one that a given address would
  // reach, and we are to know of all.
  request.wanted.id.idiag_sport = htons(port);
  request.wanted.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.wanted.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  auto const sent = system::uninterrupted([&] {
    return ::sendto(netlink, &request, sizeof request, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&kernel),
                    sizeof kernel);
  });
  if (sent < 0) return system::fail_errno("ask for the listening sockets");
  return {};
}

result<void> read_answer(int netlink, std::uint32_t sequence, std::size_t most, std::vector<listener>& into) {
  std::array<std::byte, datagram_max> datagram;
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    // The kernel answers before it comes back to us: what is not there now does not come.
    auto const got = system::uninterrupted([&] {
      return ::recvfrom(netlink, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_TRUNC,
                        reinterpret_cast<sockaddr*>(&from), &from_size);
    });
    if (got < 0) return system::fail_errno("read the listening sockets");
    if (from.nl_pid != 0) continue;
    auto const size = static_cast<std::size_t>(got);
    if (size == 0 || size > datagram.size()) return malformed(fmt::format("a datagram of {} bytes", size));
    auto const read = read_diag(byte_view(datagram).first(size), sequence, into);
    if (!read) return std::unexpected(read.error());
    if (into.size() > most)
      return fail(error_code::value_out_of_range, fmt::format("more than {} sockets listen", most));
    if (*read == diag_progress::done) return {};
  }
}

}  // namespace

result<diag_progress> read_diag(byte_view datagram, std::uint32_t sequence, std::vector<listener>& into) {
  while (!datagram.empty()) {
    auto const header = leading<nlmsghdr>(datagram);
    if (!header) return malformed("a message without a whole head");
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size())
      return malformed(
          fmt::format("a message of {} bytes where there are {}", header->nlmsg_len, datagram.size()));
    auto const body = datagram.first(header->nlmsg_len).subspan(sizeof(nlmsghdr));
    // The last one need not be filled up.
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), datagram.size()));
    if (header->nlmsg_seq != sequence) continue;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return malformed("changed while it was told");
    if (header->nlmsg_type == NLMSG_DONE) return read_end(body);
    if (header->nlmsg_type == NLMSG_ERROR) return refused(leading<int>(body).value_or(0));
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) continue;
    if (auto const done = read_socket(body, into); !done) return std::unexpected(done.error());
  }
  return diag_progress::more;
}

result<std::vector<listener>> diag_listeners(std::uint16_t port, std::size_t most) {
  system::fd const netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return system::fail_errno("open a netlink socket");
  std::vector<listener> all;
  std::uint32_t sequence = 0;
  for (auto const family : {AF_INET, AF_INET6}) {
    ++sequence;
    if (auto const done = ask(netlink.get(), family, port, sequence); !done)
      return std::unexpected(done.error());
    if (auto const done = read_answer(netlink.get(), sequence, most, all); !done)
      return std::unexpected(done.error());
  }
  // A kernel that does not look at the port tells them all.
  if (port != 0) std::erase_if(all, [&](listener const& each) { return each.port != port; });
  return all;
}

}  // namespace ostler::keeper
