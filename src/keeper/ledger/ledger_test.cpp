// The ledger in a real directory: what it gives back after every kind of end.
#include "keeper/ledger/ledger.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

class a_ledger : public testing::Test {
 protected:
  a_ledger() {
    auto pattern = (std::filesystem::temp_directory_path() / "ostler-ledger-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    directory_ = system::open_at(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY).value();
  }
  ~a_ledger() override { std::filesystem::remove_all(path_); }

  ledger open() const { return ledger::open(directory_.get()).value(); }
  std::string content() const {
    std::ifstream file(path_ + "/ledger");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string path_;
  system::fd directory_;
};

wire::keeper_event about(std::string service, std::string fact) {
  return {.fact = std::move(fact), .service = std::move(service)};
}

std::vector<std::uint64_t> told(ledger& from, std::uint64_t after) {
  std::vector<std::uint64_t> seqs;
  auto place = ledger::after(after);
  for (auto line = from.next(place); !line.empty(); line = from.next(place))
    seqs.push_back(wire::from_json<wire::keeper_event>(line)->seq);
  return seqs;
}

TEST_F(a_ledger, gives_back_what_was_held) {
  {
    auto kept = open();
    kept.append(about("web", "service.wanted"));
    auto intended = about("web", "process.intended");
    intended.run = 3;
    kept.append(intended);
    auto spawned = about("web", "process.spawned");
    spawned.run = 3;
    spawned.pid = 815;
    spawned.start_ticks = 77;
    kept.append(spawned);
    kept.append(about("web", "service.running"));
    kept.append(about("web", "service.ready"));
  }
  auto const again = open();
  EXPECT_EQ(again.last_seq(), 5U);
  auto const* web = find(again.state().services, "web");
  ASSERT_NE(web, nullptr);
  EXPECT_TRUE(web->wanted && web->ready && !web->intended && !web->exit);
  EXPECT_EQ(web->run, 3U);
  EXPECT_EQ(web->pid, 815);
  EXPECT_EQ(web->start_ticks, 77U);
  EXPECT_EQ(web->state, "running");
}

TEST_F(a_ledger, forgets_an_unfinished_line_and_only_that_wherever_it_was_torn) {
  std::string whole;
  {
    auto kept = open();
    kept.append(about("web", "service.starting"));
    kept.append(about("web", "service.running"));
    whole = content();
  }
  auto const first = whole.find('\n') + 1;
  for (std::size_t size = first; size < whole.size(); ++size) {
    std::ofstream(path_ + "/ledger", std::ios::trunc) << whole.substr(0, size);
    auto again = open();
    EXPECT_EQ(again.last_seq(), 1U) << size;
    EXPECT_EQ(again.append(about("web", "service.error")), 2U);
    EXPECT_EQ(told(again, 0), (std::vector<std::uint64_t>{1, 2}));
  }
}

TEST_F(a_ledger, tells_each_reader_from_his_own_place) {
  auto kept = open();
  for (int at = 0; at < 5; ++at) kept.append(about("web", "service.starting"));
  EXPECT_EQ(told(kept, 0), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(told(kept, 3), (std::vector<std::uint64_t>{4, 5}));
  auto place = ledger::after(5);
  EXPECT_TRUE(kept.next(place).empty());
  kept.append(about("web", "service.running"));
  EXPECT_FALSE(kept.at_end(place));
  EXPECT_TRUE(kept.next(place).find("\"seq\":6,") != std::string_view::npos);
  EXPECT_TRUE(kept.at_end(place));
}

TEST_F(a_ledger, leaves_out_what_is_known_elsewhere_and_still_knows_what_it_holds) {
  auto kept = open();
  kept.append(about("web", "service.wanted"));
  auto long_event = about("web", "service.starting");
  long_event.message = std::string(1000, 'x');
  for (int at = 0; at < 1000; ++at) kept.append(long_event);
  auto place = ledger::after(0);
  ASSERT_FALSE(kept.next(place).empty());
  kept.forget(990);
  EXPECT_LT(std::filesystem::file_size(path_ + "/ledger"), 100'000U);
  EXPECT_EQ(kept.oldest_seq(), 991U);
  // A reader in the middle goes on with what is left.
  EXPECT_TRUE(kept.next(place).find("\"seq\":991,") != std::string_view::npos);
  auto again = open();
  EXPECT_EQ(again.last_seq(), 1001U);
  EXPECT_EQ(again.oldest_seq(), 991U);
  EXPECT_EQ(again.state().forgotten_seq, 990U);
  EXPECT_TRUE(find(again.state().services, "web")->wanted);
  EXPECT_EQ(told(again, 0).size(), 11U);
}

TEST_F(a_ledger, that_nobody_hears_keeps_every_end_and_says_what_it_dropped) {
  auto kept = open();
  auto ended = about("web", "process.exited");
  ended.exit = wire::exit_told{.how = wire::ended::code, .value = 3};
  kept.append(ended);
  auto long_event = about("web", "service.starting");
  long_event.message = std::string(1000, 'x');
  while (kept.oldest_seq() == 1 && kept.last_seq() < 20'000) {
    auto const before = std::filesystem::file_size(path_ + "/ledger");
    kept.append(long_event);
    if (std::filesystem::file_size(path_ + "/ledger") < before) break;
  }
  auto place = ledger::after(0);
  auto const first = wire::from_json<wire::keeper_event>(kept.next(place)).value();
  EXPECT_EQ(first.seq, 1U);
  EXPECT_EQ(first.fact, "process.exited");
  auto const gap = wire::from_json<wire::keeper_event>(kept.next(place)).value();
  EXPECT_EQ(gap.fact, "events.dropped");
  // From there on nothing is missing.
  auto const next = wire::from_json<wire::keeper_event>(kept.next(place)).value();
  EXPECT_EQ(next.seq, gap.seq + 1);
}

TEST_F(a_ledger, that_is_no_ledger_is_begun_anew) {
  std::ofstream(path_ + "/ledger") << "not a ledger at all";
  auto kept = open();
  EXPECT_EQ(kept.last_seq(), 0U);
  EXPECT_EQ(kept.append(about("web", "service.wanted")), 1U);
  EXPECT_EQ(told(kept, 0), (std::vector<std::uint64_t>{1}));
}

TEST(what_is_held, is_stopped_by_whoever_adopts_it_and_not_by_the_next_launch) {
  held_state state;
  apply(state, {.seq = 1, .fact = "keeper.stopping"});
  apply(state, {.seq = 2, .fact = "keeper.adopted"});
  EXPECT_TRUE(state.stopping);
  apply(state, {.seq = 3, .fact = "keeper.started"});
  EXPECT_FALSE(state.stopping);
}

TEST(what_is_held, forgets_sessions_that_were_closed) {
  held_state state;
  apply(state, {.seq = 1, .fact = "session.opened", .session = "s1"});
  apply(state, {.seq = 2, .fact = "process.spawned", .session = "s1", .run = 1, .pid = 5});
  ASSERT_EQ(state.sessions.size(), 1U);
  EXPECT_EQ(state.sessions[0].pid, 5);
  apply(state, {.seq = 3, .fact = "session.closed", .session = "s1"});
  EXPECT_TRUE(state.sessions.empty());
}

TEST(what_is_held, ignores_the_late_end_of_an_older_run) {
  held_state state;
  apply(state, {.seq = 1, .fact = "process.spawned", .service = "web", .run = 2, .pid = 5});
  apply(state, {.seq = 2, .fact = "process.exited", .service = "web", .run = 1, .exit = wire::exit_told{}});
  EXPECT_FALSE(state.services[0].exit);
}

}  // namespace
}  // namespace ostler::keeper
