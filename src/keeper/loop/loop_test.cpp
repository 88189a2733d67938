// Descriptors and moments over real pipes and the real timer.
#include "keeper/loop/loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

struct a_pipe {
  a_pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    out = system::fd(ends[0]);
    in = system::fd(ends[1]);
  }
  void fill() const { EXPECT_EQ(::write(in.get(), "x", 1), 1); }
  system::fd out;
  system::fd in;
};

TEST(a_loop, calls_for_what_is_ready_and_only_while_it_is_wanted) {
  loop running;
  a_pipe pipe;
  int calls = 0;
  watch reading(running);
  ASSERT_TRUE(reading.join(pipe.out.get(), EPOLLIN, [&](std::uint32_t events) {
    EXPECT_TRUE(events & EPOLLIN);
    ++calls;
  }));
  running.run_once(false);
  EXPECT_EQ(calls, 0);
  pipe.fill();
  running.run_once(true);
  EXPECT_EQ(calls, 1);
  reading.want(0);
  running.run_once(false);
  EXPECT_EQ(calls, 1);
  reading.want(EPOLLIN);
  running.run_once(true);
  EXPECT_EQ(calls, 2);
}

TEST(a_loop, does_not_call_what_an_earlier_handler_of_the_same_round_has_ended) {
  loop running;
  a_pipe pipes[2];
  std::optional<watch> watches[2];
  int calls = 0;
  for (int at = 0; at < 2; ++at) {
    watches[at].emplace(running);
    ASSERT_TRUE(watches[at]->join(pipes[at].out.get(), EPOLLIN, [&, at](std::uint32_t) {
      ++calls;
      watches[1 - at].reset();
    }));
    pipes[at].fill();
  }
  running.run_once(true);
  EXPECT_EQ(calls, 1);
}

TEST(a_loop, calls_alarms_in_the_order_of_their_moments) {
  loop running;
  std::string called;
  alarm later(running, [&] {
    called += "later";
    running.stop();
  });
  alarm sooner(running, [&] { called += "sooner "; });
  alarm never(running, [&] { called += "never"; });
  auto const now = system::now();
  later.set(now + 2ms);
  sooner.set(now + 1ms);
  never.set(now);
  never.clear();
  running.run();
  EXPECT_EQ(called, "sooner later");
}

TEST(a_loop, lets_an_alarm_set_itself_again_and_end_others) {
  loop running;
  int calls = 0;
  std::optional<alarm> other;
  alarm again(running, [&] {
    other.reset();
    if (++calls == 3)
      running.stop();
    else
      again.set(system::now() + 1ms);
  });
  other.emplace(running, [&] { ADD_FAILURE() << "it was ended"; });
  again.set(instant{});
  other->set(system::now());
  running.run();
  EXPECT_EQ(calls, 3);
}

TEST(a_loop, gives_descriptors_their_turn_between_alarms_that_set_themselves_again) {
  loop running;
  a_pipe pipe;
  int alarms = 0;
  alarm busy(running, [&] {
    ++alarms;
    busy.set(instant{});
  });
  busy.set(instant{});
  watch reading(running);
  ASSERT_TRUE(reading.join(pipe.out.get(), EPOLLIN, [&](std::uint32_t) { running.stop(); }));
  pipe.fill();
  running.run();
  EXPECT_EQ(alarms, 1);
}

TEST(a_loop, goes_on_after_a_descriptor_was_closed_under_a_watch) {
  loop running;
  watch reading(running);
  {
    a_pipe const pipe;
    ASSERT_TRUE(reading.join(pipe.out.get(), EPOLLIN, [](std::uint32_t) {}));
  }
  reading.leave();
  running.run_once(false);
  EXPECT_FALSE(reading.joined());
}

}  // namespace
}  // namespace ostler::keeper
