#include "keeper/logs/log_store.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/logs/test/scratch_log.hpp"
#include "wire/log_records.hpp"

namespace ostler::keeper {
namespace {

constexpr auto noon = wall_time(1'700'000'000'000ms);
constexpr log_options small{.cap = log_options::cap_least};

std::string line(int number) { return "line " + std::to_string(number) + "\n"; }

TEST(a_log, keeps_every_byte_in_order_with_its_stream_and_time) {
  scratch_log scratch;
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("one\ntw"));
  store->append(log_stream::err, noon + 1ms, as_bytes(std::string("\0\xff\n", 3)));
  store->append(log_stream::out, noon + 2ms, as_bytes("o\n"));
  store->note(noon + 3ms, "exited with 0");
  auto const chunks = chunks_of(*store);
  ASSERT_EQ(chunks.size(), 4U);
  EXPECT_EQ(chunks[1].text, std::string("\0\xff\n", 3));
  EXPECT_EQ(chunks[1].head.wall, noon + 1ms);
  EXPECT_EQ(chunks[1].head.position, 6U);
  EXPECT_EQ(chunks[1].head.open[0], 2U);
  EXPECT_EQ(chunks[2].head.lines_before, 2U);
  EXPECT_EQ(chunks[3].text, "exited with 0\n");
  EXPECT_EQ(store->end_position(), 25U);
  EXPECT_EQ(store->end_lines(), 4U);
}

TEST(a_log, is_readable_by_its_owner_only) {
  scratch_log scratch;
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("x"));
  struct stat facts{};
  ASSERT_EQ(::stat(scratch.path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0700U);
  ASSERT_EQ(::stat(scratch.files().at(0).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
}

TEST(a_log, goes_on_where_it_was_when_it_is_opened_again) {
  scratch_log scratch;
  for (int round = 0; round < 5; ++round) {
    auto store = scratch.open(small);
    for (int number = 0; number < 700; ++number)
      store->append(log_stream::out, noon, as_bytes(line(round * 700 + number)));
  }
  auto store = scratch.open(small);
  EXPECT_EQ(store->end_lines(), 3500U);
  auto const text = text_of(*store, log_stream::out);
  EXPECT_TRUE(text.ends_with(line(3498) + line(3499)));
  EXPECT_EQ(store->end_position() - store->first_position(), text.size());
}

TEST(a_log, cuts_a_large_append_into_chunks_and_keeps_all_of_it) {
  scratch_log scratch;
  auto store = scratch.open();
  std::string text;
  for (int number = 0; text.size() < (5U << 20); ++number) text += line(number);
  store->append(log_stream::out, noon, as_bytes(text));
  EXPECT_EQ(text_of(*store, log_stream::out), text);
}

TEST(a_log, over_its_cap_drops_the_oldest_and_says_where_it_begins) {
  scratch_log scratch;
  auto store = scratch.open(small);
  std::string all;
  for (int number = 0; number < 20'000; ++number) {
    auto const text = line(number);
    all += text;
    store->append(number % 3 == 0 ? log_stream::err : log_stream::out, noon, as_bytes(text));
  }
  std::uint64_t on_disk = 0;
  for (auto const& file : scratch.files()) on_disk += std::filesystem::file_size(file);
  EXPECT_LE(on_disk, small.cap);
  EXPECT_GT(on_disk, small.cap * 3 / 4);
  EXPECT_EQ(store->segments().size(), log_options::segments_max);
  EXPECT_EQ(store->end_position(), all.size());
  EXPECT_EQ(store->first_lines(),
            std::ranges::count(all.substr(0, static_cast<std::size_t>(store->first_position())), '\n'));
  std::string kept;
  for (auto const& chunk : chunks_of(*store)) kept += chunk.text;
  EXPECT_EQ(kept, all.substr(static_cast<std::size_t>(store->first_position())));
  // And all of that is found again from the files alone.
  auto const first = store->first_position();
  store = scratch.open(small);
  EXPECT_EQ(store->first_position(), first);
  EXPECT_EQ(store->end_lines(), 20'000U);
}

TEST(a_log, begins_its_segments_with_the_beginning_of_a_line) {
  scratch_log scratch;
  auto store = scratch.open(small);
  std::string text;
  for (int number = 0; number < 9'000; ++number) text += line(number);
  for (std::size_t at = 0; at < text.size(); at += 1000)
    store->append(log_stream::out, noon, as_bytes(std::string_view(text).substr(at, 1000)));
  for (auto const& segment : store->segments())
    EXPECT_TRUE(text.substr(static_cast<std::size_t>(segment.first_position)).starts_with("line"));
}

// A copy of the log as it was when its writer died after so many bytes of its last write.
void expect_sound_after_cut(scratch_log const& whole, std::string const& before, std::string_view last,
                            std::size_t kept, bool used_again) {
  scratch_log scratch;
  std::filesystem::create_directory(scratch.path());
  auto content = content_of(whole.files().at(0));
  auto const chunk_size = last.size() + chunk_overhead;
  auto const cut = content.size() - chunk_size + kept;
  // A file that is used again does not end there: other bytes follow.
  if (used_again)
    std::fill(content.begin() + static_cast<std::ptrdiff_t>(cut), content.end(), '\n');
  else
    content.resize(cut);
  write_file(scratch.path() / whole.files().at(0).filename(), content);
  auto store = scratch.open();
  auto const complete = kept == chunk_size;
  auto const expected = before + (complete ? std::string(last) : "");
  ASSERT_EQ(text_of(*store, log_stream::out), expected) << kept;
  store->append(log_stream::out, noon, as_bytes("more\n"));
  EXPECT_EQ(text_of(*store, log_stream::out), expected + "more\n") << kept;
  // The header was whole, so it is known how much is missing, and it is said.
  auto const chunks = chunks_of(*store);
  auto const told = chunks.size() >= 2 && (chunks[chunks.size() - 2].head.flags & chunk_dropped) != 0;
  EXPECT_EQ(told, kept >= chunk_header_size && !complete) << kept;
  if (told) EXPECT_EQ(wire::parse_log_dropped(chunks[chunks.size() - 2].text)->bytes, last.size());
  store = scratch.open();
  EXPECT_EQ(text_of(*store, log_stream::out), expected + "more\n") << kept;
}

TEST(a_log, finds_its_end_when_the_last_chunk_is_cut_at_any_byte) {
  scratch_log whole;
  std::string const before = "first\nsecond\n";
  std::string_view const last = "the last one\nis cut";
  {
    auto store = whole.open();
    store->append(log_stream::out, noon, as_bytes("first\n"));
    store->append(log_stream::out, noon, as_bytes("second\n"));
    store->append(log_stream::out, noon, as_bytes(last));
  }
  for (std::size_t kept = 0; kept <= last.size() + chunk_overhead; ++kept) {
    expect_sound_after_cut(whole, before, last, kept, false);
    expect_sound_after_cut(whole, before, last, kept, true);
  }
}

// Writes numbered lines until it is killed; says so after the first few.
[[noreturn]] void write_until_killed(scratch_log const& scratch, int tell) {
  auto store = log_store::open(scratch.path().string(), small);
  if (!store) ::_exit(1);
  std::string text;
  for (int number = 0;; ++number) {
    text += line(number);
    if (text.size() < 3'000) continue;
    (*store)->append(log_stream::out, noon, as_bytes(text));
    text.clear();
    if (number > 5'000 && tell >= 0) {
      if (::write(tell, "x", 1) != 1) ::_exit(1);
      tell = -1;
    }
  }
}

TEST(a_log, whose_writer_was_killed_is_whole_up_to_its_end) {
  for (int round = 0; round < 20; ++round) {
    scratch_log scratch;
    int told[2];
    ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
    system::fd const hear(told[0]);
    system::fd tell(told[1]);
    auto const writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) write_until_killed(scratch, tell.get());
    tell.reset();
    char word = 0;
    EXPECT_EQ(::read(hear.get(), &word, 1), 1);
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    auto store = scratch.open(small);
    std::string expected;
    for (auto number = store->first_lines(); number < store->end_lines(); ++number)
      expected += line(static_cast<int>(number));
    EXPECT_EQ(text_of(*store, log_stream::out), expected);
    EXPECT_GT(store->end_lines(), 5'000U);
    store->append(log_stream::out, noon, as_bytes("more\n"));
    EXPECT_TRUE(text_of(*store, log_stream::out).ends_with("more\n"));
  }
}

TEST(a_log, is_not_misled_by_what_a_service_prints) {
  scratch_log scratch;
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("honest\n"));
  // Everything so far, printed again: headers, chunks and all.
  auto const forged = content_of(scratch.files().at(0));
  store->append(log_stream::out, noon, as_bytes(forged));
  store = scratch.open();
  EXPECT_EQ(text_of(*store, log_stream::out), "honest\n" + forged);
}

TEST(a_log, whose_renamed_segment_got_no_header_yet_is_sound) {
  scratch_log scratch;
  {
    auto store = scratch.open(small);
    for (int number = 0; number < 20'000; ++number)
      store->append(log_stream::out, noon, as_bytes(line(number)));
  }
  // As after a death between the rename and the first write.
  auto const files = scratch.files();
  std::filesystem::rename(
      files.front(), scratch.path() / segment_name(*segment_number(files.back().filename().string()) + 1));
  auto store = scratch.open(small);
  EXPECT_EQ(store->end_lines(), 20'000U);
  store->append(log_stream::out, noon, as_bytes("more\n"));
  EXPECT_TRUE(text_of(*store, log_stream::out).ends_with(line(19'999) + "more\n"));
}

TEST(a_log, leaves_alone_what_it_cannot_read_and_goes_on_behind) {
  scratch_log scratch;
  scratch.open()->append(log_stream::out, noon, as_bytes("one\n"));
  auto const file = scratch.files().at(0);
  auto content = content_of(file);
  content[20] ^= 1;
  write_file(file, content);
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("two\n"));
  EXPECT_EQ(text_of(*store, log_stream::out), "two\n");
  EXPECT_EQ(content_of(file), content);
  EXPECT_EQ(scratch.files().size(), 2U);
}

TEST(a_log, goes_on_when_its_segment_is_deleted_under_it) {
  scratch_log scratch;
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("one\n"));
  std::filesystem::remove(scratch.files().at(0));
  store->append(log_stream::out, noon, as_bytes("two\n"));
  EXPECT_EQ(text_of(*store, log_stream::out), "two\n");
  EXPECT_EQ(store->first_position(), 4U);
  EXPECT_EQ(store->first_lines(), 1U);
  std::filesystem::remove_all(scratch.path());
  store->append(log_stream::out, noon, as_bytes("three\n"));
  EXPECT_EQ(text_of(*store, log_stream::out), "three\n");
  EXPECT_EQ(scratch.open()->end_lines(), 3U);
}

// No file of this process may grow beyond the limit while it lives: writes fail as on a full disk.
class full_disk {
 public:
  explicit full_disk(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    rlimit const limited{.rlim_cur = size, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  }
  ~full_disk() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0); }

 private:
  rlimit before_{};
};

TEST(a_log, counts_what_a_full_disk_refused_and_says_so_when_it_can_write_again) {
  scratch_log scratch;
  auto store = scratch.open();
  store->append(log_stream::out, noon, as_bytes("kept\n"));
  {
    full_disk const full(300);
    for (int number = 0; number < 100; ++number) store->append(log_stream::out, noon, as_bytes("lost\n"));
  }
  store->append(log_stream::err, noon, as_bytes("after\n"));
  auto const kept = text_of(*store, log_stream::out);
  auto const chunks = chunks_of(*store);
  ASSERT_GE(chunks.size(), 3U);
  EXPECT_EQ(chunks.back().text, "after\n");
  auto const told = wire::parse_log_dropped(chunks[chunks.size() - 2].text);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->bytes + kept.size(), 5U + 500U);
  EXPECT_EQ(told->lines * 5, told->bytes);
  EXPECT_NE(told->reason.find("EFBIG"), std::string::npos) << told->reason;
}

TEST(a_log, keeps_the_whole_chunks_of_a_write_that_failed_in_its_midst) {
  scratch_log scratch;
  auto store = scratch.open();
  std::string const text(300'000, 'x');
  {
    full_disk const full(200'000);
    store->append(log_stream::out, noon, as_bytes(text));
  }
  store->append(log_stream::out, noon, as_bytes("y\n"));
  store = scratch.open();
  auto const kept = text_of(*store, log_stream::out);
  EXPECT_EQ(kept.size(), 3 * std::size_t{chunk_payload_max} + 2);
  std::uint64_t dropped = 0;
  for (auto const& chunk : chunks_of(*store))
    if ((chunk.head.flags & chunk_dropped) != 0) dropped += wire::parse_log_dropped(chunk.text)->bytes;
  EXPECT_EQ(dropped + kept.size() - 2, text.size());
}

TEST(a_log, tells_its_listeners_and_lets_them_leave_meanwhile) {
  struct counting final : log_listener {
    using log_listener::log_listener;
    void appended() override {
      ++calls;
      if (ends != nullptr) ends->reset();
    }
    int calls = 0;
    std::optional<counting>* ends = nullptr;
  };
  scratch_log scratch;
  auto store = scratch.open();
  std::optional<counting> first(*store);
  std::optional<counting> second(*store);
  store->append(log_stream::out, noon, as_bytes("x"));
  EXPECT_EQ(first->calls + second->calls, 2);
  // The last to come is told first.
  second->ends = &first;
  store->append(log_stream::out, noon, as_bytes("x"));
  EXPECT_FALSE(first);
  EXPECT_EQ(second->calls, 2);
}

}  // namespace
}  // namespace ostler::keeper
