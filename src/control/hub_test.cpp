#include "control/hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/scope.hpp"
#include "async/test/loop.hpp"
#include "control/test/heard_socket.hpp"

namespace ostler::control {
namespace {

using async::task;
using async::test::others_run;
using test::heard_socket;
using testing::ElementsAre;

told_event event(std::uint64_t seq, std::string subject = "web", std::string type = "instance.running") {
  return {.seq = seq,
          .text = shared_message(std::to_string(seq)),
          .subject = std::move(subject),
          .type = std::move(type)};
}

// A journal of events in memory, and a hub over it.
class a_hub : public testing::Test {
 public:
  static constexpr std::size_t page = 3;

  hub_source source() {
    return {.snapshot = [this](hub_filter const&) { return snapshot(); },
            .older = [this](std::uint64_t after) { return older(after); }};
  }
  task<result<hub_snapshot>> snapshot() {
    co_await others_run();
    auto const seq = kept.empty() ? 0 : kept.back().seq;
    // What happens while it is written is newer than it.
    if (during) during();
    co_await others_run();
    co_return hub_snapshot{.seq = seq, .text = "all at " + std::to_string(seq)};
  }
  task<result<std::vector<told_event>>> older(std::uint64_t after) {
    co_await others_run();
    std::vector<told_event> out;
    for (auto const& one : kept)
      if (one.seq > after && out.size() < page) out.push_back(one);
    if (!kept.empty() && after + 1 < kept.front().seq)
      co_return fail(error_code::events_forgotten, "they are no longer kept");
    if (during) during();
    co_return out;
  }

  void happen(std::uint64_t seq, std::string subject = "web", std::string type = "instance.running") {
    auto const told = event(seq, std::move(subject), std::move(type));
    kept.push_back(told);
    if (all) all->tell(told);
  }

  void begin(hub_limits limits = {}) { all.emplace(source(), kept.empty() ? 0 : kept.back().seq, limits); }

  // Subscribes, lets `then` happen once it is live, and closes from the other side.
  void listen(hub_subscription what, std::function<void()> then = [] {}) {
    loop.run(listen_there(std::move(what), std::move(then)));
  }
  task<void> listen_there(hub_subscription what, std::function<void()> then) {
    auto talk = co_await all->subscribe(std::move(what));
    if (!talk) {
      refused = talk.error().code;
      co_return;
    }
    async::scope scope(loop.where(), [](auto, auto const&) { ADD_FAILURE(); });
    EXPECT_TRUE(scope.spawn("talk", [&] { return (*talk)(&socket); }));
    while (all->live() == 0 && !socket.closed()) co_await others_run();
    then();
    socket.close(close_code::normal, {});
    co_await scope.close(1h);
    EXPECT_EQ(all->live(), 0U);
  }

  // One event at a time, from the first to the ninth.
  task<void> take_slowly() {
    auto talk = co_await all->subscribe({.filter = {}, .after = 0});
    async::scope scope(loop.where(), [](auto, auto const&) { ADD_FAILURE(); });
    EXPECT_TRUE(scope.spawn("talk", [&] { return (*talk)(&socket); }));
    for (std::size_t expected = 1; expected <= 9; ++expected) {
      while (socket.texts.size() < expected) co_await others_run();
      socket.read_all();
    }
    socket.close(close_code::normal, {});
    co_await scope.close(1h);
  }

  async::test::loop loop;
  heard_socket socket{loop.where()};
  std::vector<told_event> kept;
  std::function<void()> during;
  std::optional<hub> all;
  std::optional<error_code> refused;
};

TEST_F(a_hub, tells_how_everything_is_and_then_each_event_once) {
  happen(5);
  begin();
  listen({}, [&] {
    happen(6);
    happen(8);
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 5", "6", "8"));
}

TEST_F(a_hub, leaves_no_gap_and_tells_nothing_twice_while_events_come_during_the_beginning) {
  happen(1);
  begin();
  int left = 10;
  std::uint64_t seq = 1;
  during = [&] {
    if (left-- > 0) happen(++seq);
  };
  listen({}, [&] { happen(++seq); });
  std::vector<std::string> expected{"all at 1"};
  for (std::uint64_t i = 2; i <= seq; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(socket.texts, expected);
}

TEST_F(a_hub, goes_on_after_a_number_in_pages_also_while_more_come) {
  for (std::uint64_t i = 1; i <= 10; ++i) happen(i);
  begin();
  int left = 4;
  std::uint64_t seq = 10;
  during = [&] {
    if (left-- > 0) happen(++seq);
  };
  listen({.after = 2}, [&] { happen(++seq); });
  std::vector<std::string> expected;
  for (std::uint64_t i = 3; i <= seq; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(socket.texts, expected);
  EXPECT_EQ(seq, 15U);
}

TEST_F(a_hub, takes_no_event_that_the_snapshot_has_for_a_new_one) {
  happen(5);
  begin();
  // Kept, and not told yet when the snapshot is taken.
  kept.push_back(event(6));
  listen({}, [&] {
    all->tell(event(6));
    happen(7);
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 6", "7"));
}

TEST_F(a_hub, refuses_numbers_that_are_forgotten_or_not_given_yet) {
  happen(5);
  happen(6);
  begin();
  listen({.after = 2});
  EXPECT_EQ(refused, error_code::events_forgotten);
  listen({.after = 7});
  EXPECT_EQ(refused, error_code::value_out_of_range);
}

TEST_F(a_hub, tells_only_what_was_asked_for) {
  happen(1, "web", "instance.created");
  happen(2, "other", "instance.created");
  happen(3, "web", "service.exited");
  happen(4, "web", "agent.heartbeat");
  begin();
  listen({.filter = {.subject = "web", .types = {"instance.*", "agent.*"}, .without = {"agent.heartbeat"}},
          .after = 0},
         [&] {
           happen(5, "web", "instance.running");
           happen(6, "web", "instances");
           happen(7, "web", "agent.heartbeat");
           happen(8, "other", "instance.running");
         });
  EXPECT_THAT(socket.texts, ElementsAre("1", "5"));
}

// What has no number neither moves a listener nor is ever told again.
TEST_F(a_hub, tells_what_passes_by_only_to_those_who_asked_for_it) {
  happen(1);
  begin();
  EXPECT_FALSE(all->wants("link.heartbeat"));
  auto const beat = [this](std::string subject) {
    all->tell_passing({.seq = all->newest(),
                       .text = shared_message(std::string("beat of " + subject)),
                       .subject = subject,
                       .type = "link.heartbeat"});
  };
  listen({.filter = {.subject = "web", .passing = {"link.heartbeat"}}}, [&] {
    EXPECT_TRUE(all->wants("link.heartbeat"));
    beat("web");
    beat("other");
    happen(2);
    beat("web");
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 1", "beat of web", "2", "beat of web"));
}

TEST_F(a_hub, keeps_what_passes_by_from_those_who_did_not_ask) {
  begin();
  listen({}, [&] {
    EXPECT_FALSE(all->wants("link.heartbeat"));
    all->tell_passing({.seq = all->newest(),
                       .text = shared_message("beat of web"),
                       .subject = "web",
                       .type = "link.heartbeat"});
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 0"));
}

TEST_F(a_hub, closes_who_is_too_slow_and_says_where_to_go_on) {
  begin({.messages = 4});
  listen({}, [&] {
    for (std::uint64_t i = 1; i <= 9; ++i) happen(i);
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 0", "1", "2", "3", R"({"type":"lagged","last_seq":3})"));
  EXPECT_EQ(socket.said, close_code::try_again);
}

TEST_F(a_hub, counts_bytes_too) {
  begin({.bytes = 11});
  listen({}, [&] {
    for (std::uint64_t i = 1; i <= 9; ++i) happen(i);
  });
  EXPECT_THAT(socket.texts, ElementsAre("all at 0", "1", R"({"type":"lagged","last_seq":1})"));
}

TEST_F(a_hub, waits_for_who_catches_up_slowly_and_keeps_nothing_for_him) {
  for (std::uint64_t i = 1; i <= 9; ++i) happen(i);
  begin();
  socket.room = 1;
  int reads = 0;
  during = [&] { ++reads; };
  loop.run(take_slowly());
  EXPECT_EQ(socket.texts.size(), 9U);
  EXPECT_EQ(reads, 3);
}

}  // namespace
}  // namespace ostler::control
