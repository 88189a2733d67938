// Leaving a launcher's cgroup, by a process that may be moved.
#include "keeper/hold/escape.hpp"

#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/containment.hpp"
#include "keeper/hold/test/fixture.hpp"
#include "system/cgroups.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

// A cgroup of version 2 in the place of the launcher's, and a process of ours in it.
class an_escape : public test::with_processes {
 protected:
  void SetUp() override {
    auto const hierarchy = system::find_hierarchy("");
    if (!hierarchy) GTEST_SKIP() << hierarchy.error().message;
    path = *hierarchy->directory_of(hierarchy->own_path) + "/launch-" + std::to_string(::getpid());
    auto outer = system::cgroup_directory::make(path);
    if (!outer) GTEST_SKIP() << outer.error().message;
    auto inner = system::cgroup_directory::make(path + "/daemon");
    ASSERT_TRUE(inner) << inner.error().message;
    launcher = inner->path();
    group = hierarchy->path_of(path);
    options.instance = "web";
    options.systemd_mark = directory + "/no-systemd";
  }
  void TearDown() override {
    if (path.empty()) return;
    EXPECT_TRUE(test::becomes_true([&] {
      auto const made = system::cgroup_directory::open(path);
      return !made || made->remove().has_value();
    }));
  }
  // In a process of its own; `look` says what went wrong there, or nothing.
  std::string in_the_launchers_cgroup(std::function<std::string(escape_report const&)> const& look) {
    auto const keeper = ::fork();
    if (keeper == 0) {
      first = ::getpid();
      std::string wrong = "could not enter the launcher's cgroup";
      if (system::cgroup_directory::open(launcher)->write("cgroup.procs", "0"))
        wrong = look(leave_launchers_cgroup(options));
      auto const wrote = ::write(output.in.get(), wrong.data(), wrong.size());
      ::_exit(wrote == static_cast<ssize_t>(wrong.size()) ? 0 : 1);
    }
    output.in.reset();
    auto text = test::read_all(output.out.get());
    test::wait_for_end(keeper);
    return text;
  }

  std::string path;
  std::string launcher;
  std::string group;
  escape_options options;
  // As it was before.
  pid_t first = 0;
};

TEST_F(an_escape, leads_beside_the_launcher) {
  auto const wrong = in_the_launchers_cgroup([&](escape_report const& report) -> std::string {
    if (report.before != group + "/daemon") return "before: " + report.before;
    if (report.after != group + "/ostler-web/keeper") return "after: " + report.after + " " + report.how;
    if (!report.escaped) return "not escaped: " + report.how;
    return {};
  });
  EXPECT_EQ(wrong, "");
}

TEST_F(an_escape, is_quicker_in_a_child_and_leads_to_the_same) {
  options.pid = own_pid::unknown;
  auto const wrong = in_the_launchers_cgroup([&](escape_report const& report) -> std::string {
    if (report.after != group + "/ostler-web/keeper") return "after: " + report.after + " " + report.how;
    if (::getpid() == first && system::probe_capabilities().clone3) return "it was moved";
    if (::gettid() != ::getpid()) return "it is not the first thread";
    return {};
  });
  EXPECT_EQ(wrong, "");
}

TEST_F(an_escape, is_not_done_twice) {
  auto const wrong = in_the_launchers_cgroup([&](escape_report const& report) -> std::string {
    auto const again = leave_launchers_cgroup(options);
    if (again.after != report.after || !again.escaped) return "after: " + again.after;
    return {};
  });
  EXPECT_EQ(wrong, "");
}

TEST_F(an_escape, puts_the_runs_beside_the_keeper) {
  auto const wrong = in_the_launchers_cgroup([&](escape_report const&) -> std::string {
    auto const opened =
        containment::open({.instance = "web", .forced = containment_kind::cgroup2, .directory = {}});
    if (!opened) return opened.error().message;
    if (opened->where() != path + "/ostler-web/runs") return opened->where();
    return {};
  });
  EXPECT_EQ(wrong, "");
}

TEST_F(an_escape, asks_systemd_for_a_scope_where_it_runs) {
  // In its place, a script that writes down what it is asked and moves whom it is asked to.
  options.systemd_mark = directory;
  options.search_path = directory + ":/usr/bin:/bin";
  std::ofstream(directory + "/busctl")
      << "#!/bin/sh\necho \"$@\" > " << directory << "/asked\n"
      << "mkdir " << path << "/scope && echo ${14} > " << path << "/scope/cgroup.procs\n";
  ASSERT_EQ(::chmod((directory + "/busctl").c_str(), 0755), 0);
  auto const wrong = in_the_launchers_cgroup([&](escape_report const& report) -> std::string {
    if (report.after != group + "/scope/ostler-web/keeper")
      return "after: " + report.after + " " + report.how;
    if (!report.escaped || report.how != "scope ostler-web.scope of systemd") return report.how;
    return {};
  });
  EXPECT_EQ(wrong, "");
  std::ifstream asked(directory + "/asked");
  std::string line;
  std::getline(asked, line);
  EXPECT_NE(line.find("StartTransientUnit ssa(sv)a(sa(sv)) ostler-web.scope fail 3 PIDs au 1 "),
            std::string::npos)
      << line;
}

TEST_F(an_escape, goes_on_without_a_systemd_that_refuses) {
  options.systemd_mark = directory;
  options.search_path = directory;
  auto const wrong = in_the_launchers_cgroup([&](escape_report const& report) -> std::string {
    if (!report.escaped) return "not escaped: " + report.how;
    if (report.how.find("could not run \"busctl\"") == std::string::npos) return report.how;
    return {};
  });
  EXPECT_EQ(wrong, "");
}

}  // namespace
}  // namespace ostler::keeper
