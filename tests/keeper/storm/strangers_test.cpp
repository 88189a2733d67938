// Clients that do not know how to behave: each is refused or sent away, and nobody else notices.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

constexpr std::array<char const*, 27> verbs{
    "status",          "signal",         "stop",        "forget",     "service.start",  "service.stop",
    "service.restart", "services.apply", "logs.read",   "exec.start", "session.attach", "session.resize",
    "session.close",   "files.read",     "files.write", "files.stat", "files.make",     "files.remove",
    "files.move",      "files.list",     "files.watch", "files.pack", "files.unpack",   "ports.list",
    "ports.forward",   "keeper.replace", "no.such.verb"};

std::string header(std::uint32_t length, std::uint8_t kind, std::uint32_t stream) {
  std::string out;
  for (unsigned at = 0; at < 4; ++at) out += static_cast<char>(length >> (8 * at));
  out += static_cast<char>(kind);
  for (unsigned at = 0; at < 4; ++at) out += static_cast<char>(stream >> (8 * at));
  return out;
}

// A value of every kind for every key that some verb knows.
std::vector<std::string> wrong_params() {
  constexpr std::array<char const*, 60> keys{
      "service",  "session", "signal",    "tree",    "grace",    "nonce",  "through_seq", "services",
      "stream",   "lines",   "position",  "limit",   "backward", "since",  "until",       "only",
      "pattern",  "literal", "invert",    "before",  "after",    "follow", "raw",         "command",
      "shell",    "env",     "workdir",   "user",    "terminal", "in",     "out",         "err",
      "at_limit", "label",   "rows",      "columns", "path",     "all",    "offset",      "length",
      "mode",     "append",  "parents",   "durable", "if_tag",   "from",   "to",          "replace",
      "paths",    "exclude", "port",      "program", "name",     "kind",   "needs",       "ready",
      "restart",  "limits",  "autostart", "alive"};
  std::vector<std::string> out{"5", "\"text\"", "[]", "[1,2]", "null", "true", "-1", "1e99"};
  for (auto const* key : keys)
    for (auto const* value :
         {"-1", "4294967296", "18446744073709551616", "1e400", "\"\\u0000\"", "\"../../..\"", "[]", "[[[]]]",
          "{}", "{\"rows\":-1}", "null", "true", "[{\"name\":5}]", "[\"\"]"})
      out.push_back(fmt::format(R"({{"{}":{}}})", key, value));
  return out;
}

// Was it sent away, or did it stay?
bool is_sent_away(link_client& stranger) {
  auto const id = stranger.send("status");
  while (!stranger.over() && !stranger.answered(id)) stranger.pump(patience);
  return stranger.over();
}

std::size_t socket_count(std::int64_t pid) {
  std::size_t count = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(fmt::format("/proc/{}/fd", pid), ignored), end; at != end;
       at.increment(ignored))
    if (std::filesystem::read_symlink(at->path(), ignored).string().starts_with("socket:")) ++count;
  return count;
}

class strangers : public testing::Test {
 protected:
  strangers() {
    place_.service("web", {"file", "runs", "wait"});
    place_.start();
    friend_ = place_.client();
    friend_->fact("service.running", "web");
    web_ = status_of(*friend_, "web").pid;
    keeper_ = place_.keeper_pid();
  }
  void TearDown() override {
    EXPECT_EQ(place_.keeper_pid(), keeper_);
    EXPECT_TRUE(lives(keeper_));
    EXPECT_EQ(status_of(*friend_, "web").pid, web_);
    EXPECT_EQ(status_of(*friend_, "web").run, 1U);
    place_.stop();
  }

  held place_;
  std::unique_ptr<link_client> friend_;
  std::int64_t web_ = 0;
  std::int64_t keeper_ = 0;
};

TEST_F(strangers, with_frames_that_are_none_are_sent_away) {
  std::string const deep(1'000'000, '[');
  for (auto const& bytes : std::vector<std::string>{
           header(0xFFFFFFFF, 0, 0), header(0x7FFFFFFF, 1, 5), header(16U * 1024 * 1024, 0, 0),
           header(10, 9, 0), header(10, 255, 7), header(static_cast<std::uint32_t>(deep.size()), 0, 0) + deep,
           header(4, 0, 0) + "null", header(2, 0, 0) + "[]", header(3, 0, 0) + "{]}", header(0, 0, 0),
           header(3, 3, 1) + "abc", header(1, 0, 0) + std::string(1, '\0'), header(2, 0, 0) + "\xff\xfe",
           header(12, 0, 0) + R"({"id":"text"})", header(5, 1, 0) + "hello",
           header(9, 0, 3) + R"({"id":-1})"}) {
    for (bool const welcome : {false, true}) {
      link_client stranger(place_.socket());
      if (welcome) stranger.hello(place_.spec.token);
      stranger.send_bytes(bytes);
      // Whether it stays or goes is not the question here, but that the keeper does.
      is_sent_away(stranger);
    }
  }
}

TEST_F(strangers, with_parameters_of_any_kind_are_answered_each) {
  auto const all = wrong_params();
  for (std::size_t which = 0; which < verbs.size(); ++which) {
    auto const* const verb = verbs[which];
    SCOPED_TRACE(verb);
    std::vector<std::string> params;
    // Another part of them for each verb.
    auto const step = static_cast<std::size_t>(of_storm(8, 1));
    for (auto at = which % step; at < all.size(); at += step) params.push_back(all[at]);
    auto stranger = place_.client();
    std::vector<std::uint64_t> open;
    std::uint64_t id = 1'000'000;
    for (auto const& each : params) {
      // What is understood is carried out, and these would stop what we look at.
      std::string_view const name = verb;
      bool const harmful = name == "stop" || name == "services.apply" || name.starts_with("service.");
      if (harmful && (each == "null" || each.starts_with('{'))) continue;
      stranger->send_text(fmt::format(R"({{"id":{},"verb":"{}","params":{}}})", ++id, verb, each));
      open.push_back(id);
    }
    // A write or unpack that began well is answered at its end, a forward when it is open.
    auto const last = stranger->send("status");
    stranger->until([&] { return stranger->answered(last) || stranger->over(); }, "an answer");
    EXPECT_FALSE(stranger->over());
    stranger->until(
        [&] {
          auto const answered =
              std::ranges::count_if(open, [&](auto const each) { return stranger->answered(each); });
          return static_cast<std::size_t>(answered) + 40 >= open.size();
        },
        "the other answers");
  }
}

TEST_F(strangers, that_never_say_who_they_are_are_sent_away_however_much_they_say) {
  std::vector<std::unique_ptr<link_client>> silent;
  for (int at = 0; at < 20; ++at) {
    silent.push_back(std::make_unique<link_client>(place_.socket()));
    silent.back()->send_bytes(header(100, 0, 0).substr(0, static_cast<std::size_t>(at % 9)));
  }
  link_client talks(place_.socket());
  auto const end = std::chrono::steady_clock::now() + patience;
  while (!talks.over() && std::chrono::steady_clock::now() < end) {
    talks.send_text(R"({"type":"later"})");
    talks.pump(500ms);
  }
  EXPECT_TRUE(talks.over());
  for (auto const& each : silent) EXPECT_NE(each->sent_away().find("nobody said hello"), std::string::npos);
}

TEST_F(strangers, that_never_read_cost_little_and_stop_nobody) {
  auto const before = memory_kib(keeper_, "RssAnon");
  std::vector<std::unique_ptr<link_client>> deaf;
  auto const exec =
      wire::exec_start{.command = {"/bin/sh", "-c", "while :; do echo 0123456789; done"}, .out = 1};
  for (int at = 0; at < 8; ++at) {
    deaf.push_back(place_.client());
    deaf.back()->send("exec.start", exec);
    deaf.back()->credit(1, 0xFFFFFFFF);
    for (int times = 0; times < 2000; ++times) {
      // What it asks is read only for as long as its answers find a place.
      if (!deaf.back()->try_send("status")) break;
    }
  }
  std::int64_t most = 0;
  for (int round = 0; round < of_storm(50, 500); ++round) {
    EXPECT_EQ(status_of(*friend_, "web").pid, web_);
    most = std::max(most, memory_kib(keeper_, "RssAnon"));
  }
  fmt::print("{} KiB for {} clients that never read\n", most - before, deaf.size());
  EXPECT_TRUE(is_within(most - before, 8 * 1024)) << most - before;
  deaf.clear();
  for (auto const& each : friend_->ask<wire::keeper_status>("status").sessions)
    friend_->ask("session.close", wire::session_named{each.session});
}

TEST(a_client, that_neither_speaks_nor_reads_is_let_go_of) {
  held place;
  place.spec.heartbeat = 100ms;
  place.start();
  auto const keeper = place.keeper_pid();
  {
    auto const link = place.client();
    link->ask<wire::keeper_status>("status");
  }
  wait_for([&] { return socket_count(keeper) == 2; }, "the first one to have left");
  auto const deaf = place.client();
  while (deaf->try_send("status")) {
  }
  wait_for([&] { return socket_count(keeper) == 2; }, "the end of the link");
  place.stop();
}

TEST_F(strangers, that_are_too_many_are_told_so_and_come_in_when_others_left) {
  std::vector<std::unique_ptr<link_client>> all;
  while (all.size() < 63) all.push_back(place_.client());
  for (auto const& each : all) each->ask<wire::keeper_status>("status");
  for (int at = 0; at < 10; ++at) {
    try {
      link_client const refused(place_.socket());
      FAIL() << "one too many";
    } catch (std::runtime_error const& why) {
      EXPECT_NE(std::string(why.what()).find("64 clients are connected already"), std::string::npos)
          << why.what();
    }
  }
  all.pop_back();
  wait_for(
      [&] {
        try {
          place_.client()->ask<wire::keeper_status>("status");
          return true;
        } catch (std::runtime_error const&) {
          return false;
        }
      },
      "a free place");
}

// Who reads as fast as the keeper writes must not keep it from everybody else.
TEST_F(strangers, that_read_without_end_let_others_have_their_turn) {
  auto const file = place_.workspace() + "/large";
  std::ofstream(file).put('x');
  std::filesystem::resize_file(file, 64UL * 1024 * 1024 * 1024);
  auto greedy = place_.client();
  greedy->ask<wire::file_entry>("files.read", wire::file_read{.path = "large", .stream = 1});
  for (int times = 0; times < 16; ++times) greedy->credit(1, 0xFFFFFFFF);
  std::jthread const reads([&](std::stop_token const& stop) {
    while (!stop.stop_requested() && !greedy->over() && !greedy->at(1).ended) {
      greedy->pump(100ms);
      greedy->at(1).data.clear();
    }
  });
  for (int round = 0; round < 50; ++round) EXPECT_EQ(status_of(*friend_, "web").pid, web_);
  EXPECT_FALSE(greedy->over());
}

}  // namespace
}  // namespace ostler::test
