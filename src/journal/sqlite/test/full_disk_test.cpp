// A file system that is really full: a small one in memory, mounted for the test.
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <future>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include "journal/sqlite/connection.hpp"
#include "journal/sqlite/test/sqlite_rig.hpp"

namespace ostler::journal {
namespace {

using testing::HasSubstr;

class full_disk : public testing::Test {
 protected:
  void SetUp() override {
    if (mount("ostler-test", scratch_.path().c_str(), "tmpfs", 0, "size=8m") != 0)
      GTEST_SKIP() << "NOT TRIED: a full disk. Mounting a tmpfs needs root or CAP_SYS_ADMIN; mount says: "
                   << std::strerror(errno);
    mounted_ = true;
    open();
  }
  void TearDown() override {
    journal_.reset();
    if (mounted_) umount2(scratch_.path().c_str(), MNT_DETACH);
  }

  void open() {
    auto opened = sqlite_journal::open({.directory = directory_,
                                        .reserve_bytes = 1 << 20,
                                        .log_bytes = 256 << 10,
                                        .probe_interval = 5ms,
                                        .on_condition = [this](condition now) { note(now); }});
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }
  void note(condition now) {
    std::scoped_lock const held(mutex_);
    conditions_.push_back(now);
    if (now == condition::sound && sound_again_) std::exchange(sound_again_, nullptr)->set_value();
  }

  // What somebody else writes to the same disk.
  void fill() {
    int const fd = ::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::string const block(4'096, 'b');
    while (::write(fd, block.data(), block.size()) > 0) continue;
    close(fd);
  }
  void free_and_wait() {
    std::promise<void> sound;
    {
      std::scoped_lock const held(mutex_);
      sound_again_ = &sound;
    }
    std::filesystem::remove(ballast_);
    sound.get_future().wait();
  }

  // One more state of 8 kB, or a removal; with an event.
  result<void> give(purpose why, bool remove = false) {
    auto const seq = journal_->load()->last_seq + 1;
    auto change = numbered(seq, why);
    change.states.clear();
    auto key = fmt::format("k{}", remove ? removed_++ : made_);
    change.states.push_back({key, remove ? std::nullopt : std::optional(std::string(8'000, 'x'))});
    std::promise<result<void>> told;
    journal_->commit(std::move(change), [&told](result<void> answer) { told.set_value(std::move(answer)); });
    auto answer = told.get_future().get();
    if (answer && !remove) ++made_;
    if (!answer) journal_->begin_again();
    return answer;
  }
  error grow_until_refused() {
    while (true)
      if (auto const answer = give(purpose::growth); !answer) return answer.error();
  }
  void expect_whole() {
    auto const loaded = journal_->load().value();
    EXPECT_EQ(loaded.states.size(), made_ - removed_);
    EXPECT_EQ(journal_->events(0, 10'000)->size(), loaded.last_seq);
    auto database = sqlite::connection::open(directory_ / "journal.db", sqlite::access::read).value();
    EXPECT_EQ(database.text("PRAGMA integrity_check"), "ok");
  }

  scratch_directory scratch_;
  bool mounted_ = false;
  std::filesystem::path directory_ = scratch_.path() / "state";
  std::filesystem::path ballast_ = scratch_.path() / "ballast";
  std::mutex mutex_;
  std::vector<condition> conditions_;
  std::promise<void>* sound_again_ = nullptr;
  std::size_t made_ = 0;
  std::size_t removed_ = 0;
  std::unique_ptr<sqlite_journal> journal_;
};

TEST_F(full_disk, growth_is_refused_with_the_place_and_what_is_free) {
  auto const refused = grow_until_refused();
  EXPECT_EQ(refused.code, error_code::storage_full);
  EXPECT_THAT(refused.message, HasSubstr(directory_.string()));
  EXPECT_THAT(refused.message, HasSubstr("bytes are free"));
  EXPECT_EQ(journal_->health(), condition::full);
  expect_whole();
}

TEST_F(full_disk, reads_and_deletes_still_work_and_it_returns_to_sound) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(give(purpose::growth));
  fill();
  grow_until_refused();
  for (int i = 0; i < 50; ++i) {
    auto const answer = give(purpose::relief, true);
    ASSERT_TRUE(answer) << answer.error().message;
  }
  EXPECT_FALSE(give(purpose::growth));
  expect_whole();
  free_and_wait();
  EXPECT_EQ(journal_->health(), condition::sound);
  EXPECT_TRUE(give(purpose::growth));
  expect_whole();
}

TEST_F(full_disk, a_daemon_that_starts_on_a_full_disk_reads_and_deletes) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(give(purpose::growth));
  journal_.reset();
  fill();
  open();
  EXPECT_EQ(journal_->health(), condition::full);
  EXPECT_EQ(journal_->load()->states.size(), made_);
  EXPECT_FALSE(give(purpose::growth));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(give(purpose::relief, true));
  expect_whole();
  free_and_wait();
  EXPECT_TRUE(give(purpose::growth));
}

TEST_F(full_disk, even_the_reserve_ends_and_nothing_is_half_written) {
  fill();
  grow_until_refused();
  result<void> answer;
  while (answer) answer = give(purpose::relief);
  EXPECT_EQ(answer.error().code, error_code::storage_full);
  expect_whole();
  free_and_wait();
  EXPECT_TRUE(give(purpose::growth));
  expect_whole();
}

TEST_F(full_disk, it_fills_up_and_recovers_again_and_again) {
  for (int round = 0; round < 5; ++round) {
    fill();
    grow_until_refused();
    ASSERT_TRUE(give(purpose::relief));
    free_and_wait();
    ASSERT_TRUE(give(purpose::growth)) << "round " << round;
  }
  expect_whole();
}

}  // namespace
}  // namespace ostler::journal
