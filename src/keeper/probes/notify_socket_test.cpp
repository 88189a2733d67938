// Datagrams from this process and from another one, with and without descriptors.
#include "keeper/probes/notify_socket.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ostler::keeper {
namespace {

class a_notify_socket : public testing::Test {
 protected:
  a_notify_socket() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    name_ = folder_ + "/notify.sock";
  }
  ~a_notify_socket() override { std::filesystem::remove_all(folder_); }

  system::fd sender() const {
    system::fd made(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{.sun_family = AF_UNIX, .sun_path = {}};
    name_.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(::connect(made.get(), reinterpret_cast<sockaddr const*>(&to), sizeof to), 0);
    return made;
  }
  void send(std::string_view text, std::vector<int> const& descriptors = {}) const {
    auto const from = sender();
    std::string content(text);
    iovec what{.iov_base = content.data(), .iov_len = content.size()};
    std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
    msghdr message{};
    message.msg_iov = &what;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      auto* const part = CMSG_FIRSTHDR(&message);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
    }
    EXPECT_EQ(::sendmsg(from.get(), &message, 0), static_cast<ssize_t>(content.size()));
  }
  static std::size_t descriptors_open() {
    auto const all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::string folder_ = (std::filesystem::temp_directory_path() / "ostler-notify-XXXXXX").string();
  std::string name_;
  loop running_;
  std::vector<notification> heard_;
  notify_socket socket_{running_, [this](notification const& each) { heard_.push_back(each); }};
};

TEST_F(a_notify_socket, tells_what_another_process_said_and_who_it_is) {
  ASSERT_TRUE(socket_.listen(name_));
  auto const from = sender();
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr std::string_view text = "READY=1\nSTATUS=up\nMAINPID=1";
    ::_exit(::send(from.get(), text.data(), text.size(), 0) < 0 ? 1 : 0);
  }
  while (heard_.empty()) running_.run_once(true);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].pid, child);
  EXPECT_EQ(heard_[0].uid, ::getuid());
  EXPECT_EQ(heard_[0].fields, (notify_message{.ready = true, .status = "up", .main_pid = 1}));
}

TEST_F(a_notify_socket, closes_every_descriptor_that_comes_along) {
  ASSERT_TRUE(socket_.listen(name_));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  system::fd const out(ends[0]);
  system::fd in(ends[1]);
  auto const before = descriptors_open();
  // Also with what is not listened to: nonsense, too long, nothing at all; and as many as one message holds.
  send("READY=1", {in.get()});
  send("nonsense", {in.get(), in.get()});
  send(std::string(5000, 'x'), {in.get()});
  send("STOPPING=1", std::vector<int>(253, in.get()));
  in.reset();
  char byte = 0;
  EXPECT_EQ(::read(out.get(), &byte, 1), -1) << "the datagrams hold it open";
  while (heard_.size() < 2) running_.run_once(true);
  EXPECT_EQ(::read(out.get(), &byte, 1), 0) << "nobody has it any more";
  EXPECT_EQ(descriptors_open(), before - 1);
}

TEST_F(a_notify_socket, passes_over_what_is_longer_than_a_message) {
  ASSERT_TRUE(socket_.listen(name_));
  send("READY=1\nX=" + std::string(notify_socket::datagram_max - 9, 'x'));
  send("");
  send("RELOADING=1\nX=" + std::string(notify_socket::datagram_max - 14, 'x'));
  while (heard_.empty()) running_.run_once(true);
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].fields, notify_message{.reloading = true});
}

TEST_F(a_notify_socket, takes_the_place_of_what_a_former_keeper_left) {
  {
    notify_socket former(running_, [](notification const&) { ADD_FAILURE() << "it is gone"; });
    ASSERT_TRUE(former.listen(name_));
  }
  EXPECT_TRUE(std::filesystem::exists(name_));
  ASSERT_TRUE(socket_.listen(name_));
  send("WATCHDOG=1");
  while (heard_.empty()) running_.run_once(true);
  EXPECT_TRUE(heard_[0].fields.watchdog);
  // A service may run as any user.
  struct stat seen{};
  EXPECT_EQ(::stat(name_.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0666U);
  EXPECT_FALSE(std::filesystem::exists(name_ + ".new"));
}

TEST_F(a_notify_socket, says_why_it_cannot_listen) {
  EXPECT_EQ(socket_.listen(std::string(200, 'x')).error().code, error_code::value_out_of_range);
  EXPECT_EQ(socket_.listen(folder_ + "/none/n").error().code, error_code::file_unknown);
}

}  // namespace
}  // namespace ostler::keeper
