// A keeper that is killed while it carries bytes from a FIFO into a log. RLIMIT_FSIZE kills the one who
// writes beyond it, so the place of each death is exact.
#include "keeper/logs/intake.hpp"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/logs/fifo.hpp"
#include "keeper/logs/test/scratch_log.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

std::string const log_name = "web";

std::string lines(std::size_t bytes) {
  std::string text;
  for (int number = 0; text.size() < bytes; ++number) text += std::to_string(number) + '\n';
  text.resize(bytes);
  return text;
}

struct intake_rig {
  intake_rig() {
    auto const path = (scratch.root() / "out").string();
    EXPECT_TRUE(make_fifo(AT_FDCWD, path));
    fifo = std::move(*open_lasting_end(AT_FDCWD, path));
    ::fcntl(fifo.get(), F_SETPIPE_SZ, 1 << 20);
    directory = std::move(*system::open_at(AT_FDCWD, scratch.root().string(), O_RDONLY | O_DIRECTORY));
  }
  void print(std::string_view text) const { EXPECT_TRUE(system::write_all(fifo.get(), as_bytes(text))); }
  // A keeper: the log, and what reads into it.
  struct life {
    explicit life(intake_rig const& r) : store(r.scratch.open()) {
      EXPECT_TRUE(reads.survive_in(r.directory.get(), "intake"));
      reads.recover(log_name, *store);
    }
    intake::found carry(int from) {
      return reads.carry(from, lent_memory::size, {*store, log_name, log_stream::out, nobody});
    }
    loop on;
    std::unique_ptr<log_store> store;
    intake reads{on};
    intake::listener nobody;
  };
  // Carries once, in a process of its own that may not write beyond that place in the segment. How it ended.
  int carry_and_die(rlim_t writes_at_most, int from) const {
    auto const child = ::fork();
    if (child == 0) {
      life keeper(*this);
      rlimit const limit{writes_at_most, writes_at_most};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      rlimit const no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      keeper.carry(from);
      // Nothing that ends in order may help.
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }
  std::string kept_by_the_next() const {
    life keeper(*this);
    while (keeper.carry(fifo.get()) == intake::found::some) {
    }
    for (auto const& chunk : chunks_of(*keeper.store)) EXPECT_EQ(chunk.head.stream, log_stream::out);
    return text_of(*keeper.store, log_stream::out);
  }

  scratch_log scratch;
  system::fd fifo;
  system::fd directory;
};

// So much that the limit is never met by the file of the intake.
std::string const before = lines(300'000);

TEST(an_intake, brings_every_byte_into_the_log_once_wherever_the_keeper_is_killed) {
  auto const waiting = lines(150'000);
  for (rlim_t const written : {0U, 1U, 56U, 57U, 40'000U, 65'599U, 65'600U, 65'601U, 131'200U, 150'191U}) {
    intake_rig r;
    {
      intake_rig::life(r).store->append(log_stream::out, wall_time(1ms), as_bytes(before));
    }
    auto const end = std::filesystem::file_size(r.scratch.files().front());
    r.print(waiting);
    auto const status = r.carry_and_die(end + written, r.fifo.get());
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << written << ": " << status;
    // It was read: nothing of it waits any more.
    r.print("and more\n");
    EXPECT_EQ(r.kept_by_the_next(), before + waiting + "and more\n") << written;
    // All is in its place now.
    EXPECT_EQ(r.kept_by_the_next(), before + waiting + "and more\n") << written;
  }
}

TEST(an_intake, brings_the_shortest_reads_into_the_log_once) {
  for (std::string const text : {"\n", "ab", "fifteen bytes\n!", "sixteen bytes!!\n", "seventeen bytes!\n"}) {
    intake_rig r;
    {
      intake_rig::life(r).store->append(log_stream::out, wall_time(1ms), as_bytes(before));
    }
    auto const end = std::filesystem::file_size(r.scratch.files().front());
    r.print(text);
    ASSERT_TRUE(WIFSIGNALED(r.carry_and_die(end, r.fifo.get())));
    EXPECT_EQ(r.kept_by_the_next(), before + text);
  }
}

TEST(an_intake, takes_nothing_for_read_that_still_waits) {
  intake_rig r;
  auto const blind = std::move(*system::open_at(AT_FDCWD, (r.scratch.root() / "out").string(), O_WRONLY));
  r.print("once\n");
  // What was to be read is written down, and the read fails.
  EXPECT_EQ(r.carry_and_die(RLIM_INFINITY, blind.get()), 0);
  EXPECT_EQ(r.kept_by_the_next(), "once\n");
}

TEST(an_intake, keeps_its_word_after_a_read_that_went_well) {
  intake_rig r;
  r.print("once\n");
  EXPECT_EQ(r.carry_and_die(RLIM_INFINITY, r.fifo.get()), 0);
  EXPECT_EQ(r.kept_by_the_next(), "once\n");
}

TEST(an_intake, does_not_bring_back_what_the_disk_refused_and_a_record_tells) {
  intake_rig r;
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    intake_rig::life keeper(r);
    keeper.store->append(log_stream::out, wall_time(1ms), as_bytes(before));
    auto const end = std::filesystem::file_size(r.scratch.files().front());
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit const full{end + 20, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &full);
    r.print("refused\n");
    keeper.carry(r.fifo.get());
    rlimit const room{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &room);
    keeper.store->note(wall_time(2ms), "there is room again");
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  intake_rig::life keeper(r);
  EXPECT_EQ(text_of(*keeper.store, log_stream::out), before);
  EXPECT_EQ(chunks_of(*keeper.store).back().text, "there is room again\n");
}

TEST(an_intake, serves_without_a_file_and_says_that_nothing_survives) {
  loop on;
  intake reads(on);
  EXPECT_FALSE(reads.survive_in(-1, "intake"));
  EXPECT_FALSE(reads.survives());
  intake_rig r;
  r.print("carried\n");
  auto const store = r.scratch.open();
  intake::listener const nobody;
  EXPECT_EQ(reads.carry(r.fifo.get(), 4096, {*store, log_name, log_stream::err, nobody}),
            intake::found::nothing);
  EXPECT_EQ(text_of(*store, log_stream::err), "carried\n");
}

TEST(an_intake, believes_no_file_that_is_damaged) {
  intake_rig r;
  std::string text(lent_memory::size + 200, 'x');
  write_file(r.scratch.root() / "intake", text);
  intake_rig::life keeper(r);
  EXPECT_EQ(keeper.reads.interrupted(), "");
  EXPECT_EQ(keeper.store->end_position(), 0U);
}

}  // namespace
}  // namespace ostler::keeper
