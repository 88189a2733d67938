// Real sockets, held by real processes.
#include "keeper/ports/ports.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/fd.hpp"

namespace ostler::keeper {
namespace {

enum class reuse : std::uint8_t { no, yes };

// Bound to 127.0.0.1 or ::1 at a port of the system's choice, or at the one given.
class a_socket {
 public:
  explicit a_socket(int family = AF_INET, reuse how = reuse::no, std::uint16_t port = 0)
      : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int const on = 1;
    if (how == reuse::yes) ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&address);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address);
    if (family == AF_INET)
      v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
      v6->sin6_addr = in6addr_loopback;
    // At the same place in both.
    v4->sin_port = htons(port);
    socklen_t size = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
    bound_ = ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(v4->sin_port);
  }
  a_socket& listen() {
    EXPECT_EQ(::listen(fd_.get(), 5), 0);
    return *this;
  }
  bool bound() const { return bound_; }
  std::uint16_t port() const { return port_; }
  int get() const { return fd_.get(); }
  void close() { fd_.reset(); }

 private:
  system::fd fd_;
  std::uint16_t port_ = 0;
  bool bound_ = false;
};

// Holds what it inherited until it is told to end.
class a_child {
 public:
  // It does something first, and has done it when this returns.
  explicit a_child(std::function<void()> const& first = {}) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    system::fd const done(ends[0]);
    system::fd tell(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (first) first();
      tell.reset();
      for (;;) ::pause();
    }
    tell.reset();
    char nothing = 0;
    EXPECT_EQ(::read(done.get(), &nothing, 1), 0);
  }
  ~a_child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  a_child(a_child const&) = delete;
  a_child& operator=(a_child const&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

using kind = port_holder::kind;

port_holder found(pid_t pid) { return {.what = kind::found, .pid = pid}; }

class a_port_table : public testing::TestWithParam<port_table::way> {
 protected:
  port_table const table_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(asks, a_port_table,
                         testing::Values(port_table::way::cheapest, port_table::way::proc),
                         [](auto const& each) {
                           return each.param == port_table::way::proc ? "proc_alone" : "the_cheapest_way";
                         });

TEST_P(a_port_table, tells_who_listens_where) {
  a_socket v4;
  a_socket const bound_only;
  v4.listen();
  auto const all = table_.listeners();
  ASSERT_TRUE(all) << all.error().message;
  auto const seen = std::ranges::find(*all, v4.port(), &listener::port);
  ASSERT_NE(seen, all->end());
  EXPECT_EQ(text_of(*seen), "127.0.0.1:" + std::to_string(v4.port()));
  EXPECT_EQ(seen->user, ::getuid());
  struct stat socket{};
  ASSERT_EQ(::fstat(v4.get(), &socket), 0);
  EXPECT_EQ(seen->inode, socket.st_ino);
  EXPECT_EQ(std::ranges::find(*all, bound_only.port(), &listener::port), all->end());
}

TEST_P(a_port_table, tells_of_nobody_where_a_socket_is_only_bound) {
  a_socket const bound_only;
  EXPECT_EQ(table_.owner_of(bound_only.port(), std::vector{::getpid()}).value(), port_holder{});
  EXPECT_EQ(table_.who_listens(bound_only.port()).value(), port_holder{});
}

TEST_P(a_port_table, tells_ipv6_as_well) {
  a_socket v6(AF_INET6);
  if (!v6.bound()) GTEST_SKIP() << "this machine has no IPv6";
  v6.listen();
  auto const all = table_.listeners();
  ASSERT_TRUE(all);
  auto const seen = std::ranges::find(*all, v6.port(), &listener::port);
  ASSERT_NE(seen, all->end());
  EXPECT_EQ(text_of(*seen), "[::1]:" + std::to_string(v6.port()));
  EXPECT_EQ(table_.owner_of(v6.port(), std::vector{::getpid()}).value(), found(::getpid()));
  EXPECT_EQ(table_.who_listens(v6.port()).value(), found(::getpid()));
}

TEST_P(a_port_table, finds_the_process_that_holds_the_socket) {
  a_child const other;
  a_socket listening;
  listening.listen();
  a_child const holder;
  auto const port = listening.port();
  EXPECT_EQ(table_.owner_of(port, std::vector{other.pid(), holder.pid()}).value(), found(holder.pid()));
  EXPECT_EQ(table_.owner_of(port, std::vector{other.pid()}).value().what, kind::others);
  EXPECT_EQ(table_.owner_of(port, std::vector<pid_t>()).value().what, kind::others);
  EXPECT_EQ(table_.owner_of(port, std::vector{::getpid()}).value(), found(::getpid()));
  listening.close();
  EXPECT_EQ(table_.who_listens(port).value(), found(holder.pid()));
  EXPECT_FALSE(port_free(port).value());
}

TEST_P(a_port_table, takes_a_process_that_has_ended_for_one_that_holds_nothing) {
  a_socket listening;
  listening.listen();
  pid_t gone = 0;
  {
    a_child const child;
    gone = child.pid();
  }
  EXPECT_EQ(table_.owner_of(listening.port(), std::vector{gone}).value().what, kind::others);
  EXPECT_EQ(table_.listeners(gone).error().code, error_code::file_unknown);
}

// What a child that is neither root nor allowed to look into `whom` is told of it.
kind told_to_somebody_else(port_table const& table, std::uint16_t port, pid_t whom) {
  auto const asking = ::fork();
  if (asking == 0) {
    if (::getuid() == 0 && ::setresuid(12345, 12345, 12345) != 0) ::_exit(100);
    auto const told = table.owner_of(port, std::vector{whom});
    ::_exit(told ? static_cast<int>(told->what) : 101);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(asking, &status, 0), asking);
  EXPECT_LT(WEXITSTATUS(status), 100);
  return static_cast<kind>(WEXITSTATUS(status));
}

TEST_P(a_port_table, tells_one_who_may_not_be_looked_into_from_one_who_holds_nothing) {
  // Not even its own user may look into such a process.
  auto const hide = [] { ::prctl(PR_SET_DUMPABLE, 0); };
  a_socket listening;
  listening.listen();
  auto const port = listening.port();
  a_child const hidden(hide);
  auto const dead = ::fork();
  if (dead == 0) ::_exit(0);
  siginfo_t ended{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(dead), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(told_to_somebody_else(table_, port, hidden.pid()), kind::hidden);
  EXPECT_EQ(told_to_somebody_else(table_, port, dead), kind::others) << "it has ended and is not reaped";
  ::waitpid(dead, nullptr, 0);
  listening.close();
  EXPECT_EQ(told_to_somebody_else(table_, port, hidden.pid()), kind::hidden);
  EXPECT_EQ(told_to_somebody_else(table_, a_socket().port(), hidden.pid()), kind::nobody);
}

TEST_P(a_port_table, looks_into_the_network_of_each_process) {
  a_socket ours;
  ours.listen();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  system::fd const from(ends[0]);
  system::fd to(ends[1]);
  system::fd theirs;
  a_child const elsewhere([&] {
    ours.close();
    std::uint16_t port = 0;
    // Without privileges, as the root of a world of its own.
    if (::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      socklen_t size = sizeof address;
      theirs.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::listen(theirs.get(), 5) == 0 &&
          ::getsockname(theirs.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0)
        port = ntohs(address.sin_port);
    }
    if (::write(to.get(), &port, sizeof port) != sizeof port) ::_exit(1);
  });
  std::uint16_t port = 0;
  ASSERT_EQ(::read(from.get(), &port, sizeof port), static_cast<ssize_t>(sizeof port));
  if (port == 0) GTEST_SKIP() << "NOT TESTED: this place permits no network namespace";
  auto const whom = std::vector{elsewhere.pid()};
  EXPECT_EQ(table_.owner_of(port, whom).value(), found(elsewhere.pid()));
  EXPECT_EQ(table_.owner_of(ours.port(), whom).value().what, kind::others);
  auto const there = table_.listeners(elsewhere.pid()).value();
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(text_of(there.front()), "0.0.0.0:" + std::to_string(port));
  auto const here = table_.listeners().value();
  EXPECT_EQ(std::ranges::find(here, there.front()), here.end());
}

TEST(a_table_in_proc, is_read_without_the_lines_that_make_no_sense) {
  auto pattern = (std::filesystem::temp_directory_path() / "ostler-ports-XXXXXX").string();
  std::filesystem::path const proc = ::mkdtemp(pattern.data());
  std::filesystem::create_directories(proc / "7/net");
  std::ofstream(proc / "7/net/tcp") << "  sl  local_address rem_address   st\n"
                                    << "   0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 41 1\n"
                                    << "   1: 0100007F 00000000:0000 0A\n"
                                    << std::string(100'000, 'x') << "\n\n"
                                    << "   2: XX00007F:0051 00000000:0000 0A 0:0 0:0 0 0 0 42 1\n"
                                    << "   3: 00000000:0052 00000000:0000 0A 0:0 0:0 0 0 0 43 1\n"
                                    << "   4: 0100007F:0053 0100007F:0050 01 0:0 0:0 0 0 0 44 1\n";
  auto const all = port_table(port_table::way::cheapest, proc.string()).listeners(7);
  std::filesystem::remove_all(proc);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(text_of((*all)[0]), "127.0.0.1:80");
  EXPECT_EQ(text_of((*all)[1]), "0.0.0.0:82");
  EXPECT_EQ((*all)[1].inode, 43U);
}

TEST(a_port, is_taken_while_somebody_listens_or_has_bound_it) {
  for (auto const how : {reuse::no, reuse::yes}) {
    a_socket holder(AF_INET, how);
    EXPECT_FALSE(port_free(holder.port()).value());
    holder.listen();
    EXPECT_FALSE(port_free(holder.port()).value());
    holder.close();
    EXPECT_TRUE(port_free(holder.port()).value());
  }
}

TEST(a_port, is_taken_when_only_ipv6_has_it) {
  a_socket v6(AF_INET6);
  if (!v6.bound()) GTEST_SKIP() << "this machine has no IPv6";
  v6.listen();
  EXPECT_FALSE(port_free(v6.port()).value());
}

TEST(a_port, is_free_when_only_the_ends_of_connections_are_left) {
  a_socket server(AF_INET, reuse::yes);
  server.listen();
  a_socket const client;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(server.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  system::fd accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted);
  server.close();
  // Open, then closed by the server's side first, which leaves TIME_WAIT with it.
  EXPECT_TRUE(port_free(server.port()).value());
  accepted.reset();
  EXPECT_TRUE(port_free(server.port()).value());
  EXPECT_TRUE(a_socket(AF_INET, reuse::yes, server.port()).bound());
}

TEST(a_port, is_no_port_when_it_is_0) {
  EXPECT_EQ(port_free(0).error().code, error_code::value_out_of_range);
}

}  // namespace
}  // namespace ostler::keeper
