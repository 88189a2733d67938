#include "lifecycle/policy/readiness.hpp"

#include <gtest/gtest.h>

namespace ostler::lifecycle {
namespace {

constexpr process_key ours{.generation = 7, .pid = 70};

readiness started(sign_set required) {
  readiness state(required);
  state.begin(ours);
  return state;
}

TEST(readiness, without_required_signs_a_process_is_enough) {
  readiness state;
  EXPECT_FALSE(state.ready()) << "nothing runs";
  state.begin(ours);
  EXPECT_TRUE(state.ready());
  state.end();
  EXPECT_FALSE(state.ready());
}

TEST(readiness, all_required_signs_must_hold) {
  auto state = started({ready_sign::output, ready_sign::tcp, ready_sign::http});
  EXPECT_EQ(state.missing_text(), "output, tcp and http");
  EXPECT_EQ(state.observe({ready_sign::tcp, true, ours}), sign_verdict::changed);
  EXPECT_EQ(state.missing_text(), "output and http");
  EXPECT_EQ(state.observe({ready_sign::tcp, true, ours}), sign_verdict::unchanged);
  EXPECT_EQ(state.observe({ready_sign::exec, true, ours}), sign_verdict::unchanged) << "not required";
  EXPECT_EQ(state.observe({ready_sign::output, true, ours}), sign_verdict::changed);
  EXPECT_FALSE(state.ready());
  EXPECT_EQ(state.missing_text(), "http");
  EXPECT_EQ(state.observe({ready_sign::http, true, ours}), sign_verdict::changed);
  EXPECT_TRUE(state.ready());
  EXPECT_EQ(state.missing_text(), "");
  EXPECT_TRUE(state.missing().empty());
}

TEST(readiness, a_sign_can_be_lost_again) {
  auto state = started({ready_sign::http});
  state.observe({ready_sign::http, true, ours});
  ASSERT_TRUE(state.ready());
  EXPECT_EQ(state.observe({ready_sign::http, false, ours}), sign_verdict::changed);
  EXPECT_FALSE(state.ready());
}

TEST(readiness, of_an_older_run_is_stale) {
  auto state = started({ready_sign::http});
  EXPECT_EQ(state.observe({ready_sign::http, true, {.generation = 6, .pid = 70}}), sign_verdict::stale);
  EXPECT_EQ(state.observe({ready_sign::http, true, {.generation = 8, .pid = 70}}), sign_verdict::stale);
  EXPECT_FALSE(state.ready());
}

TEST(readiness, of_a_process_outside_our_tree_is_foreign) {
  auto state = started({ready_sign::tcp});
  EXPECT_EQ(state.observe({ready_sign::tcp, true, {.generation = 0, .pid = 4242}}), sign_verdict::foreign);
  EXPECT_EQ(state.observe({ready_sign::tcp, true, {.generation = 7, .pid = 71}}), sign_verdict::foreign);
  EXPECT_EQ(state.observe({ready_sign::tcp, false, {.generation = 0, .pid = 4242}}), sign_verdict::stale)
      << "that a stranger does not answer says nothing about us";
  EXPECT_FALSE(state.ready());
}

TEST(readiness, a_new_process_starts_from_nothing) {
  auto state = started({ready_sign::tcp});
  state.observe({ready_sign::tcp, true, ours});
  ASSERT_TRUE(state.ready());
  state.begin({.generation = 8, .pid = 80});
  EXPECT_FALSE(state.ready());
  EXPECT_EQ(state.observe({ready_sign::tcp, true, ours}), sign_verdict::stale);
}

TEST(readiness, of_a_process_that_was_ready_before_is_believed_until_a_sign_is_lost) {
  readiness state({ready_sign::output, ready_sign::http});
  state.begin_ready(ours);
  EXPECT_TRUE(state.ready());
  state.observe({ready_sign::http, false, ours});
  EXPECT_EQ(state.missing_text(), "http");
}

TEST(readiness, while_nothing_runs_every_observation_is_stale) {
  readiness state({ready_sign::tcp});
  EXPECT_EQ(state.observe({ready_sign::tcp, true, {}}), sign_verdict::stale);
  EXPECT_EQ(state.observe({ready_sign::tcp, true, ours}), sign_verdict::stale);
}

TEST(readiness, signs_have_one_name_each) {
  for (int i = 0; i < ready_sign_count; ++i) {
    auto const sign = static_cast<ready_sign>(i);
    EXPECT_EQ(find_ready_sign(text(sign)), sign);
  }
  EXPECT_EQ(find_ready_sign("smoke"), std::nullopt);
}

TEST(readiness, the_refusal_names_the_stranger) {
  auto const refused = foreign_answer("web", 3001, ready_sign::http, 4242);
  EXPECT_EQ(refused.code, error_code::foreign_listener);
  EXPECT_EQ(refused.message, "pid 4242 answers (http) on :3001, and it is not part of web");
  EXPECT_EQ(foreign_answer("web", 0, ready_sign::registered, 4).message,
            "pid 4 answers (registered), and it is not part of web");
}

TEST(sign_set, adds_removes_and_subtracts) {
  sign_set set{ready_sign::tcp, ready_sign::registered};
  EXPECT_TRUE(set.has(ready_sign::tcp));
  EXPECT_FALSE(set.has(ready_sign::http));
  set.set(ready_sign::tcp, false);
  EXPECT_EQ(set, sign_set{ready_sign::registered});
  EXPECT_TRUE(set.without(set).empty());
}

}  // namespace
}  // namespace ostler::lifecycle
