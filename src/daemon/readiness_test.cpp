#include "daemon/readiness.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/fd.hpp"
#include "tests/support/temporary_directory.hpp"
#include "whereabouts/readiness.hpp"

namespace ostler::daemon {
namespace {

// Listens as systemd does, and names itself in the environment for as long as it lives.
class fake_systemd {
 public:
  // A name that begins with @ is no file.
  explicit fake_systemd(std::string const& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  fake_systemd(fake_systemd const&) = delete;
  fake_systemd& operator=(fake_systemd const&) = delete;
  ~fake_systemd() { ::unsetenv("NOTIFY_SOCKET"); }

  // What was told is there at once; empty when nothing was.
  std::string heard() {
    std::array<char, 256> text{};
    auto const size = ::recv(socket_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  system::fd socket_;
};

TEST(readiness, is_told_to_systemd_by_a_file_and_by_a_name_that_is_none) {
  test::temporary_directory const base("notify");
  for (auto const& name : {(base / "notify").string(), "@ostler-" + base.text()}) {
    fake_systemd systemd(name);
    tell_ready();
    EXPECT_EQ(systemd.heard(), "READY=1");
    tell_systemd("STOPPING=1");
    EXPECT_EQ(systemd.heard(), "STOPPING=1");
    // Another daemon has the state, so this one never answers.
    tell_held();
    EXPECT_EQ(systemd.heard(), "");
  }
}

TEST(readiness, is_told_to_whoever_waits_at_a_descriptor_and_once) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  system::fd const reading(ends[0]);
  ::setenv(whereabouts::ready_fd_variable, std::to_string(ends[1]).c_str(), 1);
  take_readiness();
  EXPECT_EQ(std::getenv(whereabouts::ready_fd_variable), nullptr);
  tell_ready();
  tell_held();
  std::array<char, 8> told{};
  ASSERT_EQ(::read(reading.get(), told.data(), told.size()), 1);
  EXPECT_EQ(told[0], whereabouts::ready_byte);
}

TEST(readiness, needs_nobody_who_listens) {
  ::setenv("NOTIFY_SOCKET", "relative", 1);
  tell_ready();
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  tell_ready();
  ::setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
  tell_ready();
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace ostler::daemon
