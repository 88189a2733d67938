// The program itself: its words, its directory, and what it says when something is wrong.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "system/process.hpp"
#include "tests/keeper/held.hpp"

namespace ostler::test {
namespace {

TEST(the_program, explains_itself_and_refuses_what_it_does_not_understand) {
  auto const help = run_program({keeper_program(), "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("ostler-keeper run --dir DIR"), std::string::npos);
  EXPECT_EQ(run_program({keeper_program(), "--version"}).out, "ostler-keeper 0.1.0\n");
  for (auto const& words : std::vector<std::vector<std::string>>{
           {}, {"fly"}, {"run"}, {"run", "--dir"}, {"run", "--fast"}, {"run", "--open-files", "0"}}) {
    auto command = words;
    command.insert(command.begin(), keeper_program());
    auto const refused = run_program(command);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("Try `ostler-keeper --help`."), std::string::npos) << refused.err;
  }
}

TEST(a_keeper, belongs_to_nobody) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const pid = place.keeper_pid();
  auto const seen = system::stat_of(static_cast<pid_t>(pid)).value();
  EXPECT_NE(seen.session, ::getsid(0));
  EXPECT_NE(seen.parent, ::getpid());
  // Only what it opened itself.
  for (auto const& each : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    // What it opens for a moment may be gone by now.
    std::error_code gone;
    auto const target = std::filesystem::read_symlink(each.path(), gone).string();
    // A sanitizer looks at the process it watches.
    if (gone || target == "/proc/" + std::to_string(pid) + "/stat") continue;
    bool const own = target == "/dev/null" || target.starts_with("anon_inode:") ||
                     target.starts_with("socket:") || target.find(place.path()) != std::string::npos ||
                     target.find("cgroup") != std::string::npos;
    EXPECT_TRUE(own) << target;
  }
  // What it holds has nothing but its three streams.
  auto const link = place.client();
  auto const service = link->fact("process.spawned", "web").pid;
  std::size_t open = 0;
  for (auto const& each : std::filesystem::directory_iterator("/proc/" + std::to_string(service) + "/fd")) {
    static_cast<void>(each);
    ++open;
  }
  EXPECT_EQ(open, 3U);
  place.stop();
}

TEST(a_directory, is_held_by_one_keeper) {
  held place;
  place.start();
  auto const second = place.try_start();
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find("is held by the keeper with pid " + std::to_string(place.keeper_pid())),
            std::string::npos)
      << second.err;
}

TEST(a_keeper, that_cannot_start_says_why) {
  held place;
  ::chmod(place.directory().c_str(), 0755);
  EXPECT_NE(place.try_start().err.find("may be used by others"), std::string::npos);
  ::chmod(place.directory().c_str(), 0700);
  std::ofstream(place.directory() + "/spec.json") << "{";
  EXPECT_NE(run_program({keeper_program(), "run", "--dir", place.directory()}).err.find("not JSON"),
            std::string::npos);
  auto& web = place.service("web", {"wait"});
  web.needs = {"web"};
  EXPECT_NE(place.try_start().err.find("need each other in a circle: web"), std::string::npos);
  EXPECT_NE(run_program({keeper_program(), "run", "--dir", "/no/such/place"}).err.find("ENOENT"),
            std::string::npos);
}

TEST(a_keeper, refuses_a_wrong_token) {
  held place;
  place.spec.token = "secret";
  place.start();
  link_client stranger(place.socket());
  stranger.hello("guess");
  EXPECT_NE(stranger.sent_away().find("not_authorized"), std::string::npos);
  place.client()->ask<wire::keeper_status>("status");
}

TEST(status, tells_what_is_held_and_when_nobody_holds_it) {
  held place;
  place.service("web", {"wait"});
  place.start();
  place.client()->fact("service.running", "web");
  auto const shown = run_program({keeper_program(), "status", "--dir", place.directory()});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("web"), std::string::npos);
  EXPECT_NE(shown.out.find("Running"), std::string::npos);
  auto const json = run_program({keeper_program(), "status", "--json", "--dir", place.directory()});
  EXPECT_NE(json.out.find("\"abilities\""), std::string::npos);
  place.kill_keeper();
  EXPECT_EQ(run_program({keeper_program(), "status", "--dir", place.directory()}).code, 3);
}

TEST(a_keeper, survives_that_its_directory_is_removed_under_it) {
  held place;
  place.service("web", {"wait"});
  place.start();
  auto const link = place.client();
  auto const pid = link->fact("process.spawned", "web").pid;
  std::filesystem::remove_all(place.directory() + "/logs");
  std::filesystem::remove_all(place.directory() + "/fifos");
  EXPECT_EQ(link->ask<wire::keeper_status>("status").services.at(0).pid, pid);
  link->ask("service.stop", wire::services_named{});
  link->fact("service.stopped", "web");
  EXPECT_FALSE(lives(pid));
}

}  // namespace
}  // namespace ostler::test
