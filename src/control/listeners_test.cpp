#include "control/listeners.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/test/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::control {
namespace {

using test::raw_client;

class listeners : public testing::Test {
 public:
  std::string path() const { return directory + "/run/door"; }
  static unsigned mode(std::string const& of) {
    struct stat seen{};
    return ::stat(of.c_str(), &seen) == 0 ? seen.st_mode & 07777U : 0;
  }
  ostler::test::temporary_directory const made_in{"listen"};
  std::string directory = made_in.text();
};

TEST_F(listeners, by_a_unix_socket_are_for_ourselves_alone) {
  auto const made = listen_unix(path());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->door, door_kind::unix_socket);
  EXPECT_EQ(mode(path()), 0600U);
  EXPECT_EQ(mode(directory + "/run"), 0700U);
  raw_client::unix_socket(path());
}

TEST_F(listeners, take_the_place_of_one_that_is_gone_and_of_no_other) {
  auto first = listen_unix(path());
  ASSERT_TRUE(first);
  EXPECT_EQ(listen_unix(path()).error().code, error_code::state_locked);
  first->socket.reset();
  EXPECT_THROW(raw_client::unix_socket(path()), std::runtime_error);
  auto const second = listen_unix(path());
  ASSERT_TRUE(second);
  raw_client::unix_socket(path());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory + "/run"), {}), 1);
}

TEST_F(listeners, refuse_a_directory_that_others_may_enter_and_what_is_no_socket) {
  ASSERT_TRUE(std::filesystem::create_directory(directory + "/run"));
  ASSERT_EQ(::chmod((directory + "/run").c_str(), 0755), 0);
  EXPECT_EQ(listen_unix(path()).error().code, error_code::not_permitted);
  ASSERT_EQ(::chmod((directory + "/run").c_str(), 0700), 0);
  std::ofstream(path()) << "precious";
  EXPECT_EQ(listen_unix(path()).error().code, error_code::foreign_resource);
  EXPECT_TRUE(std::filesystem::exists(path()));
  EXPECT_EQ(listen_unix(directory + "/run/" + std::string(200, 'x')).error().code,
            error_code::value_out_of_range);
}

TEST_F(listeners, by_tcp_have_one_port_on_all_loopback_addresses) {
  auto const made = listen_tcp(0);
  ASSERT_TRUE(made);
  for (auto const& one : *made) EXPECT_EQ(one.port, made->front().port);
  EXPECT_NE(made->front().port, 0);
  raw_client::tcp(made->front().port);
  EXPECT_EQ(listen_tcp(made->front().port).error().code, error_code::port_taken);
}

TEST_F(listeners, that_were_handed_over_are_looked_at) {
  auto const listening = listen_tcp(0);
  ASSERT_TRUE(listening);
  // Two beside each other, as systemd gives them.
  constexpr int place = 700;
  ASSERT_EQ(::dup2(listening->front().socket.get(), place), place);
  auto const got = handed_over(std::to_string(::getpid()), "1", ::getpid(), place);
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1U);
  EXPECT_EQ(got->front().port, listening->front().port);
  EXPECT_EQ(::fcntl(place, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_TRUE(handed_over("", "", ::getpid())->empty());
  EXPECT_TRUE(handed_over("1", "1", ::getpid())->empty());
  for (auto const& [pid, count] :
       {std::pair("x", "1"), std::pair("1", ""), std::pair("1", "-1"), std::pair("1", "65")})
    EXPECT_EQ(handed_over(pid, count, ::getpid()).error().code, error_code::value_out_of_range);
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  system::fd const reading(ends[0]);
  system::fd const writing(ends[1]);
  EXPECT_EQ(handed_over(std::to_string(::getpid()), "1", ::getpid(), ends[0]).error().code,
            error_code::value_out_of_range);
}

}  // namespace
}  // namespace ostler::control
