// A keeper in a root that has nothing: no C library, no shell, no users, no /tmp.
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/keeper/held.hpp"
#include "wire/json.hpp"

namespace ostler::test {
namespace {

TEST(a_keeper, runs_in_an_empty_root) {
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers need a C library beside the program";
#endif
  if (::geteuid() != 0) GTEST_SKIP() << "only root may make another root";
  held place;
  auto const root = place.path();
  for (auto const* name : {"/proc", "/dev"}) std::filesystem::create_directory(root + name);
  // As every container has it.
  ASSERT_EQ(::mknod((root + "/dev/null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)), 0);
  std::filesystem::copy_file(keeper_program(), root + "/ostler-keeper");
  std::filesystem::copy_file(service_program(), root + "/service");
  place.spec.workspace = "/work";
  place.spec.services.push_back({.name = "web", .command = {"/service", "print", "up\\n", "wait"}});
  place.spec.services.back().ready.output = "up";
  place.spec.limits.pids = 100;
  std::ofstream(place.directory() + "/spec.json") << wire::to_json(place.spec);
  auto const inside =
      "mount -t proc proc " + root + "/proc && exec chroot " + root + " /ostler-keeper run --dir /keep";
  auto const run =
      run_program({"/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", inside});
  ASSERT_EQ(run.code, 0) << run.err;
  auto const link = place.client();
  link->fact("service.ready", "web");
  auto const session = link->ask<wire::exec_started>(
      "exec.start",
      wire::exec_start{.command = {"/service", "print", "here", "exit", "3"}, .out = 3, .err = 4});
  EXPECT_EQ(link->read_all(3), "here");
  EXPECT_EQ(link->fact("process.exited", session.session).exit->value, 3);
  // It has no cgroups to hold anybody by, and says so.
  auto const limits = link->ask<wire::keeper_status>("status").limits;
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_FALSE(limits[0].full);
  EXPECT_EQ(limits[0].how,
            "100 processes, not enforced: no cgroup with the controller pids can be made here");
  place.stop();
}

}  // namespace
}  // namespace ostler::test
