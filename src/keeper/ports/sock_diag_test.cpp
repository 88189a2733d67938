// What the kernel could answer, byte by byte; and what it does answer, beside /proc.
#include "keeper/ports/sock_diag.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "keeper/ports/ports.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint32_t asked = 7;

template <class Thing> std::string bytes_of(Thing const& thing) {
  return {reinterpret_cast<char const*>(&thing), sizeof thing};
}

std::string message(unsigned type, std::string const& body, std::uint32_t sequence = asked,
                    unsigned flags = NLM_F_MULTI) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  header.nlmsg_flags = static_cast<std::uint16_t>(flags);
  header.nlmsg_seq = sequence;
  return bytes_of(header) + body;
}

inet_diag_msg a_socket(std::uint16_t port, std::uint8_t family = AF_INET, std::uint8_t state = 10) {
  inet_diag_msg told{};
  told.idiag_family = family;
  told.idiag_state = state;
  told.id.idiag_sport = htons(port);
  told.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  told.idiag_uid = 1000;
  told.idiag_inode = 4'000'000'000U;
  return told;
}

std::string told(inet_diag_msg const& what) { return message(SOCK_DIAG_BY_FAMILY, bytes_of(what)); }
std::string number(int value) { return bytes_of(value); }

struct answer {
  result<diag_progress> progress;
  std::vector<listener> seen;
};

answer read(std::string const& datagram) {
  std::vector<listener> seen;
  auto progress = read_diag(as_bytes(datagram), asked, seen);
  return {std::move(progress), std::move(seen)};
}

error_code refusal(std::string const& datagram) {
  auto const read_of_it = read(datagram);
  EXPECT_FALSE(read_of_it.progress);
  return read_of_it.progress ? error_code::usage : read_of_it.progress.error().code;
}

TEST(an_answer_of_the_kernel, is_read_until_it_ends) {
  auto v6 = a_socket(81, AF_INET6);
  std::memcpy(v6.id.idiag_src, &in6addr_loopback, sizeof v6.id.idiag_src);
  auto const first = read(told(a_socket(80)) + told(v6));
  EXPECT_EQ(first.progress, diag_progress::more);
  ASSERT_EQ(first.seen.size(), 2U);
  EXPECT_EQ(text_of(first.seen[0]), "127.0.0.1:80");
  EXPECT_EQ(text_of(first.seen[1]), "[::1]:81");
  EXPECT_EQ(first.seen[0].inode, 4'000'000'000U);
  EXPECT_EQ(first.seen[0].user, 1000U);
  auto const last = read(told(a_socket(82)) + message(NLMSG_DONE, number(0)) + told(a_socket(83)));
  EXPECT_EQ(last.progress, diag_progress::done);
  ASSERT_EQ(last.seen.size(), 1U);
  EXPECT_EQ(last.seen[0].port, 82);
  EXPECT_EQ(read(message(NLMSG_DONE, "")).progress, diag_progress::done);
}

TEST(an_answer_of_the_kernel, is_passed_over_where_it_is_to_another_question) {
  auto const body = bytes_of(a_socket(80));
  auto const seen = read(message(SOCK_DIAG_BY_FAMILY, body, asked + 1) + message(NLMSG_DONE, "", asked + 1) +
                         message(NLMSG_NOOP, "") + message(99, "1234") + told(a_socket(81, AF_INET, 1)));
  EXPECT_EQ(seen.progress, diag_progress::more);
  EXPECT_TRUE(seen.seen.empty());
}

TEST(an_answer_of_the_kernel, may_be_longer_than_we_know) {
  auto const seen = read(message(SOCK_DIAG_BY_FAMILY, bytes_of(a_socket(80)) + "more") + told(a_socket(81)));
  EXPECT_EQ(seen.seen.size(), 2U);
}

TEST(an_answer_of_the_kernel, is_refused_wherever_it_is_cut) {
  auto const whole = told(a_socket(80)) + told(a_socket(81));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == whole.size() / 2) continue;
    EXPECT_EQ(refusal(whole.substr(0, size)), error_code::message_malformed) << size;
  }
}

TEST(an_answer_of_the_kernel, is_refused_when_a_length_is_wrong) {
  for (std::uint32_t const length : {0U, 1U, 15U, 16U, 87U, 89U, 0x7fff'ffffU, 0xffff'ffffU, 0xffff'fffdU}) {
    auto datagram = told(a_socket(80));
    std::memcpy(datagram.data(), &length, sizeof length);
    EXPECT_EQ(refusal(datagram), error_code::message_malformed) << length;
  }
  EXPECT_EQ(refusal(told(a_socket(80, AF_UNIX))), error_code::message_malformed);
}

TEST(an_answer_of_the_kernel, is_refused_when_the_list_changed_under_it) {
  EXPECT_EQ(refusal(message(NLMSG_DONE, number(0), asked, NLM_F_DUMP_INTR)), error_code::message_malformed);
}

TEST(an_answer_of_the_kernel, says_why_it_refuses) {
  EXPECT_EQ(refusal(message(NLMSG_ERROR, number(-EPERM))), error_code::not_permitted);
  EXPECT_EQ(refusal(message(NLMSG_ERROR, number(-ENOENT))), error_code::file_unknown);
  EXPECT_EQ(refusal(message(NLMSG_DONE, number(-ENOMEM))), error_code::system_exhausted);
  for (auto const& odd : {number(0), number(1), number(INT_MIN), std::string("12")})
    EXPECT_EQ(refusal(message(NLMSG_ERROR, odd)), error_code::message_malformed);
}

TEST(the_kernel, tells_the_same_as_proc) {
  auto const limit = port_table::listeners_max;
  auto const direct = diag_listeners(0, limit);
  if (!direct) GTEST_SKIP() << "NOT TESTED: this place lets nobody ask: " << direct.error().message;
  system::fd const v4(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  system::fd const also(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(v4.get(), 5), 0);
  ASSERT_EQ(::listen(also.get(), 5), 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(v4.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  auto const port = ntohs(address.sin_port);
  auto const one = diag_listeners(port, limit).value();
  ASSERT_EQ(one.size(), 1U);
  auto const slowly = port_table(port_table::way::proc).listeners().value();
  EXPECT_NE(std::ranges::find(slowly, one.front()), slowly.end());
  EXPECT_EQ(diag_listeners(0, 1).error().code, error_code::value_out_of_range);
}

}  // namespace
}  // namespace ostler::keeper
