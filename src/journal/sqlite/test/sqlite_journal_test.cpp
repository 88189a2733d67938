#include "journal/sqlite/sqlite_journal.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "journal/sqlite/connection.hpp"
#include "journal/sqlite/test/sqlite_rig.hpp"

namespace ostler::journal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<sqlite_journal> open_in(std::filesystem::path const& directory) {
  return sqlite_journal::open({.directory = directory}).value();
}

std::string integrity_of(std::filesystem::path const& directory) {
  auto database = sqlite::connection::open(directory / "journal.db", sqlite::access::read).value();
  return database.text("PRAGMA integrity_check").value();
}

TEST(sqlite_journal, an_orderly_stop_keeps_what_waits_and_leaves_nothing_to_recover) {
  scratch_directory const scratch;
  listener heard;
  {
    auto const subject = open_in(scratch.path() / "state");
    for (sequence seq = 1; seq <= 100; ++seq) subject->commit(numbered(seq), heard.hear(seq));
  }
  EXPECT_EQ(heard.kept().size(), 100U);
  EXPECT_EQ(std::filesystem::file_size(scratch.path() / "state" / "journal.db-wal"), 0U);
  EXPECT_EQ(open_in(scratch.path() / "state")->load()->last_seq, 100U);
}

TEST(sqlite_journal, only_the_owner_may_look_into_the_state_directory) {
  scratch_directory const scratch;
  auto const subject = open_in(scratch.path() / "state");
  EXPECT_EQ(std::filesystem::status(scratch.path() / "state").permissions(),
            std::filesystem::perms::owner_all);
}

TEST(sqlite_journal, what_cannot_be_opened_is_named) {
  auto const refused = sqlite_journal::open({.directory = "/proc/no/such/place"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::storage_failed);
  EXPECT_THAT(refused.error().message, HasSubstr("/proc/no/such/place"));
}

TEST(sqlite_journal, a_group_is_one_sync) {
  sqlite_rig rig;
  auto& subject = dynamic_cast<sqlite_journal&>(rig.subject());
  // The beginning of a log is synced once more.
  subject.commit(numbered(1), {});
  rig.settle();
  auto const groups = subject.groups();
  auto const syncs = rig.disk().syncs();
  {
    auto const gate = rig.disk().hold_syncs();
    for (sequence seq = 2; seq <= 300; ++seq) subject.commit(numbered(seq), {});
  }
  rig.settle();
  // One was taken when only some were there, another when all were.
  EXPECT_LE(subject.groups() - groups, 2U);
  EXPECT_LE(rig.disk().syncs() - syncs, 2);
  EXPECT_EQ(subject.load()->last_seq, 300U);
}

TEST(sqlite_journal, nothing_is_told_or_shown_before_the_sync) {
  sqlite_rig rig;
  listener heard;
  {
    auto const gate = rig.disk().hold_syncs();
    rig.subject().commit(numbered(1), heard.hear(1));
    EXPECT_EQ(rig.subject().load()->last_seq, 0U);
    EXPECT_TRUE(heard.kept().empty());
  }
  rig.settle();
  EXPECT_THAT(heard.kept(), ElementsAre(1));
}

TEST(sqlite_journal, another_program_that_holds_the_file_is_waited_out_and_then_named) {
  sqlite_rig rig;
  listener heard;
  auto other = sqlite::connection::open(rig.directory() / "journal.db", sqlite::access::read).value();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  rig.subject().commit(numbered(1), heard.hear(1));
  rig.settle();
  ASSERT_EQ(heard.errors().size(), 1U);
  EXPECT_EQ(heard.errors()[0].code, error_code::storage_busy);
  ASSERT_TRUE(other.run("ROLLBACK"));
  EXPECT_EQ(rig.subject().begin_again(), 0U);
  rig.subject().commit(numbered(1), heard.hear(1));
  rig.settle();
  EXPECT_THAT(heard.kept(), ElementsAre(1));
}

TEST(sqlite_journal, many_threads_are_answered_in_the_order_in_which_they_committed) {
  sqlite_rig rig;
  listener heard;
  constexpr int threads = 16;
  constexpr int each = 200;
  std::mutex order;
  sequence last = 0;
  std::vector<std::thread> writers;
  writers.reserve(threads + 1);
  for (int i = 0; i < threads; ++i)
    writers.emplace_back([&] {
      for (int done = 0; done < each; ++done) {
        std::promise<void> told;
        {
          std::scoped_lock const held(order);
          auto const seq = ++last;
          auto note = heard.hear(seq);
          rig.subject().commit(numbered(seq), [&told, note = std::move(note)](result<void> answer) {
            note(std::move(answer));
            told.set_value();
          });
        }
        told.get_future().wait();
      }
    });
  writers.emplace_back([&] {
    sequence seen = 0;
    while (seen < threads * each) {
      auto const events = rig.subject().events(seen, 50).value();
      for (auto const& event : events) ASSERT_EQ(event.seq, ++seen);
      ASSERT_TRUE(rig.subject().load());
    }
  });
  for (auto& writer : writers) writer.join();
  std::vector<sequence> expected(threads * each);
  for (sequence i = 0; i < expected.size(); ++i) expected[i] = i + 1;
  EXPECT_EQ(heard.kept(), expected);
}

TEST(sqlite_journal, much_is_trimmed_while_commits_go_on) {
  sqlite_rig rig;
  listener heard;
  constexpr sequence many = 9'000;
  for (sequence seq = 1; seq <= many; ++seq) rig.subject().commit(numbered(seq), heard.hear(seq));
  rig.settle();
  std::thread trimmer([&] {
    EXPECT_TRUE(rig.subject().trim({.events_min = 10, .age_min = 0ms, .events_max = 100}, wall_time(1h)));
  });
  for (sequence seq = many + 1; seq <= many + 500; ++seq)
    rig.subject().commit(numbered(seq), heard.hear(seq));
  trimmer.join();
  rig.settle();
  EXPECT_EQ(heard.kept().size(), many + 500);
  auto const loaded = rig.subject().load().value();
  EXPECT_GT(loaded.first_seq, many - 100);
  EXPECT_EQ(loaded.last_seq, many + 500);
  EXPECT_EQ(rig.subject().events(0, many)->size(), loaded.last_seq - loaded.first_seq + 1);
}

TEST(sqlite_journal, the_log_is_lengthened_once_and_read_up_to_what_was_kept) {
  scratch_directory const scratch;
  faulty_disk disk;
  {
    auto const subject = open_in(scratch.path() / "state");
    auto const log = scratch.path() / "state" / "journal.db-wal";
    auto const length = std::filesystem::file_size(log);
    EXPECT_GE(length, 4U << 20U);
    for (sequence seq = 1; seq <= 100; ++seq) subject->commit(numbered(seq), {});
    settle(*subject);
    EXPECT_EQ(std::filesystem::file_size(log), length);
    disk.fail_syncs();
    // As it lies there when the machine stops now.
    std::filesystem::copy(scratch.path() / "state", scratch.path() / "left");
  }
  disk.mend();
  auto const left = open_in(scratch.path() / "left");
  EXPECT_EQ(left->load()->last_seq, 100U);
  EXPECT_EQ(integrity_of(scratch.path() / "left"), "ok");
}

TEST(sqlite_journal, the_log_stays_short) {
  sqlite_rig rig({.log_bytes = 64 << 10});
  for (sequence seq = 1; seq <= 400; ++seq) {
    auto change = numbered(seq);
    change.states.push_back({"big", std::string(20'000, 'x')});
    rig.subject().commit(std::move(change), {});
    rig.settle();
  }
  EXPECT_LT(std::filesystem::file_size(rig.directory() / "journal.db-wal"), 4U * (64U << 10U));
}

// A failing disk.

TEST(sqlite_journal, a_failed_sync_is_never_tried_again) {
  sqlite_rig rig;
  listener heard;
  rig.subject().commit(numbered(1), heard.hear(1));
  rig.settle();
  rig.make(condition::failed);
  auto const before = rig.disk().syncs();
  rig.subject().commit(numbered(2), heard.hear(2));
  rig.settle();
  EXPECT_EQ(rig.disk().syncs(), before + 1);
  // The disk says it is well again. It is not believed.
  rig.disk().mend();
  auto const writes = rig.disk().writes();
  rig.subject().commit(numbered(3), heard.hear(3));
  rig.settle();
  EXPECT_THAT(heard.kept(), ElementsAre(1));
  EXPECT_THAT(heard.refused(), ElementsAre(2, 3));
  EXPECT_THAT(heard.errors()[0].detail, HasSubstr("SQLite code 1034"));
  EXPECT_EQ(rig.disk().syncs(), before + 1);
  EXPECT_EQ(rig.disk().writes(), writes);
  // The start that follows may find what was refused, but never lacks what was acknowledged.
  rig.reopen();
  EXPECT_GE(rig.subject().load()->last_seq, 1U);
  EXPECT_EQ(rig.subject().health(), condition::sound);
}

TEST(sqlite_journal, stopping_after_a_failed_sync_syncs_nothing) {
  scratch_directory const scratch;
  faulty_disk disk;
  {
    auto const subject = open_in(scratch.path() / "state");
    subject->commit(numbered(1), {});
    settle(*subject);
    disk.fail_syncs();
    subject->commit(numbered(2), {});
    settle(*subject);
    disk.mend();
    disk.fail_writes();
  }
  auto const syncs = disk.syncs();
  disk.mend();
  EXPECT_GE(open_in(scratch.path() / "state")->load()->last_seq, 1U);
  EXPECT_GT(disk.syncs(), syncs);
}

TEST(sqlite_journal, a_failed_write_is_final_too) {
  sqlite_rig rig;
  listener heard;
  rig.disk().fail_writes();
  rig.subject().commit(numbered(1), heard.hear(1));
  rig.settle();
  rig.disk().mend();
  rig.subject().commit(numbered(2), heard.hear(2));
  rig.settle();
  EXPECT_THAT(heard.refused(), ElementsAre(1, 2));
  EXPECT_EQ(rig.subject().health(), condition::failed);
  rig.reopen();
  EXPECT_EQ(rig.subject().load()->last_seq, 0U);
  EXPECT_EQ(integrity_of(rig.directory()), "ok");
}

TEST(sqlite_journal, the_condition_is_told_before_the_answers_that_follow_from_it) {
  std::vector<std::string> told;
  sqlite_rig rig({.on_condition = [&told](condition now) { told.emplace_back(name(now)); }});
  rig.make(condition::full);
  rig.subject().commit(numbered(1), [&told](result<void> answer) {
    told.emplace_back(answer ? "kept" : facts(answer.error().code).name);
  });
  rig.settle();
  rig.subject().begin_again();
  rig.make(condition::failed);
  rig.subject().commit(numbered(1, purpose::relief), [&told](result<void> answer) {
    told.emplace_back(answer ? "kept" : facts(answer.error().code).name);
  });
  rig.settle();
  EXPECT_THAT(told, ElementsAre("full", "storage_full", "failed", "storage_failed"));
}

TEST(sqlite_journal, the_reserve_is_made_anew_by_a_start_with_space) {
  sqlite_rig rig;
  auto const reserve = rig.directory() / "journal.reserve";
  EXPECT_EQ(std::filesystem::file_size(reserve), 8U << 20U);
  rig.make(condition::full);
  rig.subject().commit(numbered(1), {});
  rig.settle();
  EXPECT_FALSE(std::filesystem::exists(reserve));
  rig.disk().mend();
  rig.reopen();
  EXPECT_EQ(rig.subject().health(), condition::sound);
  EXPECT_TRUE(std::filesystem::exists(reserve));
}

}  // namespace
}  // namespace ostler::journal
