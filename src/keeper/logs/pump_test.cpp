#include "keeper/logs/pump.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/logs/fifo.hpp"
#include "keeper/logs/test/scratch_log.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

struct rig {
  rig() {
    auto const path = (scratch.root() / "out").string();
    EXPECT_TRUE(make_fifo(AT_FDCWD, path));
    service = std::move(*open_service_end(AT_FDCWD, path));
    fifo = path;
  }
  system::fd keeper_end() const { return std::move(*open_keeper_end(AT_FDCWD, fifo)); }
  void print(std::string_view text) const { EXPECT_TRUE(system::write_all(service.get(), as_bytes(text))); }
  std::string kept() const { return text_of(*store, log_stream::out); }

  scratch_log scratch;
  std::unique_ptr<log_store> store = scratch.open();
  loop running;
  intake reads{running};
  pump carried{running, reads, *store, "log", log_stream::out};
  std::string fifo;
  system::fd service;
};

TEST(a_pump, carries_what_is_printed_into_the_log_and_past_the_listener) {
  rig r;
  std::string heard;
  r.carried.listen([&](log_stream stream, byte_view bytes) {
    EXPECT_EQ(stream, log_stream::out);
    heard += as_text(bytes);
  });
  ASSERT_TRUE(r.carried.start(r.keeper_end()));
  r.print("hello\n");
  r.running.run_once(true);
  EXPECT_EQ(r.kept(), "hello\n");
  EXPECT_EQ(heard, "hello\n");
}

TEST(a_pump, says_once_when_nobody_holds_the_other_end_and_can_start_again) {
  rig r;
  int ends = 0;
  ASSERT_TRUE(r.carried.start(r.keeper_end(), [&] { ++ends; }));
  r.running.run_once(false);
  EXPECT_EQ(ends, 0);
  r.print("last words");
  r.service.reset();
  while (r.carried.running()) r.running.run_once(true);
  r.running.run_once(false);
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(r.kept(), "last words");

  r.service = std::move(*open_service_end(AT_FDCWD, r.fifo));
  ASSERT_TRUE(r.carried.start(r.keeper_end(), [&] { ++ends; }));
  r.print(", and more");
  r.running.run_once(true);
  EXPECT_EQ(r.kept(), "last words, and more");
  EXPECT_EQ(ends, 1);
}

TEST(a_pump, that_is_replaced_loses_nothing_of_what_was_printed_meanwhile) {
  rig r;
  ASSERT_TRUE(r.carried.start(r.keeper_end()));
  r.print("before\n");
  r.running.run_once(true);
  r.carried.stop();
  // No reader but the service itself: neither EPIPE nor loss.
  r.print("while nobody read\n");
  ASSERT_TRUE(r.carried.start(r.keeper_end()));
  r.running.run_once(true);
  EXPECT_EQ(r.kept(), "before\nwhile nobody read\n");
}

TEST(a_pump, drains_what_is_there_after_the_writer_has_exited) {
  rig r;
  ASSERT_TRUE(r.carried.start(r.keeper_end()));
  r.print("dying words\n");
  EXPECT_FALSE(r.carried.drain_now());
  EXPECT_EQ(r.kept(), "dying words\n");
  r.service.reset();
  EXPECT_TRUE(r.carried.drain_now());
  EXPECT_FALSE(r.carried.running());
}

TEST(a_pump, goes_on_with_the_next_run_over_an_end_that_lasts) {
  rig r;
  ASSERT_TRUE(r.carried.start(std::move(*open_lasting_end(AT_FDCWD, r.fifo)), [] { FAIL(); }));
  r.print("of one run\n");
  r.service.reset();
  EXPECT_FALSE(r.carried.drain_now());
  EXPECT_TRUE(r.carried.running());
  r.service = std::move(*open_service_end(AT_FDCWD, r.fifo));
  r.print("of the next\n");
  r.running.run_once(true);
  EXPECT_EQ(r.kept(), "of one run\nof the next\n");
}

TEST(a_pump, takes_a_flood_from_a_process_whole_and_lets_others_have_their_turn) {
  rig r;
  constexpr std::size_t total = std::size_t{24} << 20;
  bool ended = false;
  ASSERT_TRUE(r.carried.start(r.keeper_end(), [&] { ended = true; }));
  auto const writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    std::string const text(100'000, 'x');
    for (std::size_t done = 0; done < total; done += text.size())
      if (!system::write_all(r.service.get(), as_bytes(std::string_view(text).substr(0, total - done))))
        ::_exit(1);
    ::_exit(0);
  }
  r.service.reset();
  std::uint64_t step_max = 0;
  while (!ended) {
    auto const before = r.store->end_position();
    r.running.run_once(true);
    step_max = std::max(step_max, r.store->end_position() - before);
  }
  int status = -1;
  ::waitpid(writer, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(r.store->end_position(), total);
  EXPECT_LE(step_max, std::uint64_t{4} << 20);
}

TEST(a_pump, holds_no_buffer_when_all_is_quiet) {
  rig r;
  ASSERT_TRUE(r.carried.start(r.keeper_end()));
  EXPECT_FALSE(r.reads.holds_memory());
  r.print("x");
  r.running.run_once(true);
  EXPECT_TRUE(r.reads.holds_memory());
  // A turn that gives the buffer back has nothing else to wait for: the other alarm ends it.
  alarm turn(r.running, [] {});
  while (r.reads.holds_memory()) {
    turn.set(system::now() + 100ms);
    r.running.run_once(true);
  }
  r.print("y");
  r.running.run_once(true);
  EXPECT_EQ(r.kept(), "xy");
}

TEST(a_fifo, is_refused_where_something_else_lies) {
  scratch_log scratch;
  auto const path = (scratch.root() / "out").string();
  write_file(path, "a plain file");
  EXPECT_FALSE(make_fifo(AT_FDCWD, path));
  EXPECT_FALSE(open_service_end(AT_FDCWD, path));
  EXPECT_FALSE(open_keeper_end(AT_FDCWD, (scratch.root() / "none").string()));
}

}  // namespace
}  // namespace ostler::keeper
