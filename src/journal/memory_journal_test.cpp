#include "journal/memory_journal.hpp"

#include <gtest/gtest.h>

#include "journal/conformance/conformance.hpp"

namespace ostler::journal {
namespace {

TEST(memory_journal, tells_nobody_before_the_flush_and_only_as_many_as_asked) {
  memory_journal kept;
  listener heard;
  for (sequence seq = 1; seq <= 3; ++seq) kept.commit(numbered(seq), heard.hear(seq));
  EXPECT_TRUE(heard.kept().empty());
  EXPECT_EQ(kept.load()->last_seq, 0U);
  EXPECT_EQ(kept.flush(2), 2U);
  EXPECT_EQ(heard.kept(), (std::vector<sequence>{1, 2}));
  EXPECT_EQ(kept.waiting(), 1U);
}

TEST(memory_journal, a_crash_drops_exactly_what_was_not_flushed) {
  memory_journal kept;
  listener heard;
  for (sequence seq = 1; seq <= 3; ++seq) kept.commit(numbered(seq), heard.hear(seq));
  kept.flush(2);
  kept.crash();
  EXPECT_EQ(kept.flush(), 0U);
  EXPECT_EQ(heard.kept(), (std::vector<sequence>{1, 2}));
  auto const loaded = kept.load().value();
  EXPECT_EQ(loaded.last_seq, 2U);
  ASSERT_EQ(loaded.states.size(), 1U);
  EXPECT_EQ(loaded.states[0].body, "2");
  kept.commit(numbered(3), heard.hear(3));
  kept.flush();
  EXPECT_EQ(kept.load()->last_seq, 3U);
}

TEST(memory_journal, what_a_callback_commits_waits_for_the_next_flush) {
  memory_journal kept;
  listener heard;
  kept.commit(numbered(1), [&](result<void>) { kept.commit(numbered(2), heard.hear(2)); });
  EXPECT_EQ(kept.flush(), 1U);
  EXPECT_EQ(kept.waiting(), 1U);
  EXPECT_EQ(kept.flush(), 1U);
  EXPECT_EQ(heard.kept(), (std::vector<sequence>{2}));
}

TEST(memory_journal, a_callback_may_crash_it) {
  memory_journal kept;
  listener heard;
  kept.commit(numbered(1), [&](result<void>) { kept.crash(); });
  kept.commit(numbered(2), heard.hear(2));
  EXPECT_EQ(kept.flush(), 1U);
  EXPECT_TRUE(heard.kept().empty());
}

TEST(memory_journal, without_the_check_a_skipped_number_is_kept_as_it_came) {
  memory_journal kept(number_check::off);
  kept.commit(numbered(1), {});
  kept.commit(numbered(3), {});
  kept.flush();
  auto const found = kept.events(0, 10).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].seq, 3U);
}

}  // namespace
}  // namespace ostler::journal
