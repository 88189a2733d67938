// What a machine that stopped, or a disk that lied, leaves behind.
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>

#include "journal/sqlite/test/sqlite_rig.hpp"

namespace ostler::journal {
namespace {

using std::filesystem::path;
using testing::HasSubstr;

std::string read(path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(path const& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// The files of a journal that was never stopped, with the length of the log after each of its transactions.
struct remains {
  std::string database;
  std::string log;
  std::vector<std::size_t> log_after;
};

// Without the zeros behind its last frame, of which the page may end in zeros as well.
std::size_t written_of(std::string const& log) {
  constexpr std::size_t header = 32;
  constexpr std::size_t frame = 24 + 4'096;
  auto const last = log.find_last_not_of('\0');
  if (last == std::string::npos) return 0;
  return header + (last + 1 - header + frame - 1) / frame * frame;
}

remains of_commits(sequence count) {
  sqlite_rig rig;
  remains left;
  auto const log = rig.directory() / "journal.db-wal";
  for (sequence seq = 1; seq <= count; ++seq) {
    auto change = numbered(seq);
    change.states.push_back({"k" + std::to_string(seq), std::string(300 * (seq % 7), 'x')});
    rig.subject().commit(std::move(change), {});
    rig.settle();
    left.log_after.push_back(written_of(read(log)));
  }
  left.database = read(rig.directory() / "journal.db");
  left.log = read(log).substr(0, left.log_after.back());
  return left;
}

// Opens what is left and says the newest number; checks that it is whole and goes on.
sequence newest_after_start(remains const& left, std::string const& log) {
  scratch_directory const scratch;
  write(scratch.path() / "journal.db", left.database);
  write(scratch.path() / "journal.db-wal", log);
  auto opened =
      sqlite_journal::open({.directory = scratch.path(), .reserve_bytes = 0, .log_bytes = 64 << 10});
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return 0;
  }
  auto& subject = **opened;
  auto const loaded = subject.load().value();
  auto const last = loaded.last_seq;
  EXPECT_EQ(loaded.states.size(), last == 0 ? 0U : last + 1);
  if (last > 0) {
    EXPECT_EQ(loaded.states.back().body, std::to_string(last));
  }
  EXPECT_EQ(subject.events(0, 1'000)->size(), last);
  listener heard;
  subject.commit(numbered(last + 1), heard.hear(last + 1));
  settle(subject);
  EXPECT_EQ(heard.kept().size(), 1U);
  return last;
}

sequence whole_within(remains const& left, std::size_t size) {
  sequence count = 0;
  while (count < left.log_after.size() && left.log_after[count] <= size) ++count;
  return count;
}

// Around every end of a transaction, and at steps that meet every part of a frame.
std::vector<std::size_t> cuts_of(remains const& left) {
  std::vector<std::size_t> cuts{0, 1, 31, 32, 33, 55, 56, 57};
  for (auto const end : left.log_after)
    for (auto const back : {0U, 1U, 24U, 4'096U, 4'119U, 4'120U}) cuts.push_back(end - back);
  for (std::size_t cut = 0; cut < left.log.size(); cut += 1'021) cuts.push_back(cut);
  return cuts;
}

TEST(damage, a_torn_log_is_read_up_to_its_last_whole_transaction) {
  auto const left = of_commits(20);
  for (auto const cut : cuts_of(left))
    ASSERT_EQ(newest_after_start(left, left.log.substr(0, cut)), whole_within(left, cut)) << "cut at " << cut;
}

TEST(damage, a_log_with_a_tail_of_zeros_is_read_up_to_its_last_whole_transaction) {
  auto const left = of_commits(20);
  for (auto const cut : cuts_of(left)) {
    auto log = left.log;
    std::fill(log.begin() + static_cast<std::ptrdiff_t>(cut), log.end(), '\0');
    // Some of it was zero before.
    auto const changed = std::ranges::mismatch(left.log, log).in1 - left.log.begin();
    ASSERT_EQ(newest_after_start(left, log), whole_within(left, static_cast<std::size_t>(changed)))
        << "zeros from " << cut;
  }
}

TEST(damage, a_flipped_byte_in_the_log_ends_it_there) {
  auto const left = of_commits(10);
  for (std::size_t at = 40; at < left.log.size(); at += 1'499) {
    auto log = left.log;
    log[at] = static_cast<char>(log[at] ^ 0x40);
    // Of a page that was given twice in one transaction only the later one counts, but the sum covers both.
    ASSERT_EQ(newest_after_start(left, log), whole_within(left, at)) << "flipped at " << at;
  }
}

class damaged_database : public testing::Test {
 protected:
  void SetUp() override {
    auto subject = sqlite_journal::open({.directory = scratch_.path()}).value();
    for (sequence seq = 1; seq <= 1'000; ++seq) {
      auto change = numbered(seq);
      if (seq <= 200) change.states.push_back({"k" + std::to_string(seq), std::string(500, 'x')});
      subject->commit(std::move(change), {});
    }
  }
  void spoil(std::size_t from, std::size_t size) {
    auto bytes = read(file_);
    ASSERT_GT(bytes.size(), from + size);
    for (std::size_t i = 0; i < size; ++i) bytes[from + i] = static_cast<char>(i * 37 + 11);
    write(file_, bytes);
  }
  // The first refusal that a start meets, by opening or by loading.
  error first_refusal() {
    auto opened = sqlite_journal::open({.directory = scratch_.path()});
    if (!opened) return opened.error();
    auto const loaded = (*opened)->load();
    if (!loaded) return loaded.error();
    return {error_code::usage, "nothing was refused", {}, {}};
  }

  scratch_directory scratch_;
  path file_ = scratch_.path() / "journal.db";
};

TEST_F(damaged_database, a_spoilt_header_is_refused_with_what_to_do) {
  spoil(0, 100);
  auto const refused = first_refusal();
  EXPECT_EQ(refused.code, error_code::journal_damaged);
  EXPECT_THAT(refused.message, HasSubstr(file_.string()));
  EXPECT_THAT(refused.hints, testing::Contains(HasSubstr("docs/how-to/journal.md")));
}

TEST_F(damaged_database, spoilt_pages_are_refused) {
  spoil(4'096, 120'000);
  EXPECT_EQ(first_refusal().code, error_code::journal_damaged);
}

TEST_F(damaged_database, after_the_machine_stopped_every_page_is_read) {
  // In the middle of the events is a page that no start reads.
  auto const in_the_middle = read(file_).find(R"({"n":500})");
  ASSERT_NE(in_the_middle, std::string::npos);
  spoil(in_the_middle / 4'096 * 4'096, 4'096);
  write(scratch_.path() / "journal.db-wal", std::string(4'096, '\0'));
  EXPECT_EQ(first_refusal().code, error_code::usage);
  write(scratch_.path() / "journal.db-wal", std::string(4'096, '\0'));
  write(scratch_.path() / "lock", "1 another-boot\n");
  EXPECT_EQ(first_refusal().code, error_code::journal_damaged);
}

TEST_F(damaged_database, a_log_without_its_database_is_not_thrown_away) {
  write(scratch_.path() / "journal.db-wal", std::string(4'096, 'x'));
  std::filesystem::remove(file_);
  auto const refused = first_refusal();
  EXPECT_EQ(refused.code, error_code::journal_damaged);
  EXPECT_THAT(refused.message, HasSubstr("is gone but its log"));
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "journal.db-wal"));
}

}  // namespace
}  // namespace ostler::journal
