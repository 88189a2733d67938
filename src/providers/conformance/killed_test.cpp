// Whoever works on a place is killed at every moment, and the next one finds what is there by its name.
#include "providers/conformance/killed.hpp"

namespace ostler::providers {
namespace {

TEST_P(conformance_killed, in_the_midst_of_preparing) {
  plan();
  at_every_moment([] {},
                  [this](async::test::loop& own) {
                    for (auto const& one : directories())
                      static_cast<void>(own.run(rig_->subject().prepare(patiently(), place_, one)));
                  },
                  [this] {
                    expect_ours_or_absent();
                    prepare_all();
                    for (auto const& one : inspect())
                      EXPECT_EQ(one.seen, one.name == keeper().name ? presence::absent : presence::present);
                    destroy_all();
                    expect_nothing_left();
                  });
}

TEST_P(conformance_killed, in_the_midst_of_preparing_and_then_destroyed_at_once) {
  plan();
  at_every_moment([] {},
                  [this](async::test::loop& own) {
                    for (auto const& one : directories())
                      static_cast<void>(own.run(rig_->subject().prepare(patiently(), place_, one)));
                  },
                  [this] {
                    destroy_all();
                    expect_nothing_left();
                  });
}

TEST_P(conformance_killed, in_the_midst_of_destroying) {
  plan();
  at_every_moment([this] { prepare_all(); },
                  [this](async::test::loop& own) {
                    for (auto const& one : directories())
                      static_cast<void>(own.run(
                          rig_->subject().destroy(patiently(), place_, one, provider::pace::patient)));
                  },
                  [this] {
                    expect_ours_or_absent();
                    destroy_all();
                    expect_nothing_left();
                  });
}

TEST_P(conformance_killed, in_the_midst_of_launching) {
  plan();
  at_every_moment([this] { prepare_all(); },
                  [this](async::test::loop& own) {
                    static_cast<void>(own.run(rig_->subject().launch(patiently(), place_, keeper(), spec())));
                  },
                  [this] {
                    expect_ours_or_absent();
                    auto const up = launch();
                    EXPECT_TRUE(up) << up.error().message;
                    auto const socket = dial();
                    ASSERT_TRUE(socket) << socket.error().message;
                    destroy_all();
                    expect_nothing_left();
                  });
}

TEST_P(conformance_killed, in_the_midst_of_ending_the_keeper) {
  plan();
  at_every_moment(
      [this] {
        prepare_all();
        ASSERT_TRUE(launch());
      },
      [this](async::test::loop& own) {
        static_cast<void>(
            own.run(rig_->subject().destroy(patiently(), place_, keeper(), provider::pace::hurry)));
      },
      [this] {
        expect_ours_or_absent();
        destroy_all();
        expect_nothing_left();
      });
}

}  // namespace
}  // namespace ostler::providers
