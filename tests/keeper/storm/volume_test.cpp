// A service that prints as fast as it can: the log stays below its cap, readers get what there is and are
// told what they missed, and the keeper stays small.
#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/keeper/storm/storm.hpp"

namespace ostler::test {
namespace {

constexpr std::uint32_t stream = 1;

// Reads a log that goes on, and keeps account of its lines.
class follower {
 public:
  follower(held& place, std::uint32_t window, int every)
      : link_(place.client()), window_(window), every_(every) {
    link_->ask("logs.read",
               wire::log_read{.service = "flood", .stream = stream, .only = "out", .follow = true});
    link_->credit(stream, window_);
  }

  // Takes what came; the slow one only now and then.
  bool take() {
    if (++turn_ % every_ != 0) return false;
    auto& data = link_->at(stream).data;
    link_->pump(std::chrono::milliseconds(0));
    auto const came = data.size();
    cutter_.take(data, [this](wire::log_record const& each) { account(each); });
    if (came > 0) link_->credit(stream, static_cast<std::uint32_t>(came));
    return came > 0;
  }
  void account(wire::log_record const& each) {
    if (each.kind == wire::log_record_kind::dropped) {
      auto const told = wire::parse_log_dropped(each.payload).value();
      EXPECT_TRUE(told.lines_known);
      dropped += told.lines;
    }
    if (each.kind != wire::log_record_kind::out) return;
    ++seen;
    auto const number = std::strtoull(each.payload.c_str(), nullptr, 10);
    // Each line has its place, and what is missing before it was told before it.
    EXPECT_EQ(number, seen + dropped);
  }

  std::uint64_t seen = 0;
  std::uint64_t dropped = 0;

 private:
  std::unique_ptr<link_client> link_;
  std::uint32_t window_;
  int every_;
  int turn_ = 0;
  record_cutter cutter_;
};

TEST(a_service, that_prints_as_fast_as_it_can_is_kept_in_bounds_and_accounted_for) {
  held place;
  auto const mib = of_storm(256, 4096);
  auto const cap = 16LL * 1024 * 1024;
  place.spec.log_cap_bytes = cap;
  place.service("flood", {"flood", std::to_string(mib), "wait"});
  place.service("other", {"wait"});
  place.spec.services.front().autostart = false;
  place.start();
  auto const keeper = place.keeper_pid();
  auto const link = place.client();
  link->fact("service.running", "other");
  follower fast(place, 1024U * 1024, 1);
  follower slow(place, 64U * 1024, 200);
  link->ask("service.start", wire::services_named{{"flood"}});
  link->fact("service.running", "flood");

  constexpr std::int64_t block_lines = 3800;
  auto const printed =
      static_cast<std::uint64_t>((mib * 1024LL * 1024 / (block_lines * 17) + 1) * block_lines);
  std::int64_t memory = 0;
  std::uintmax_t largest = 0;
  auto const began = std::chrono::steady_clock::now();
  auto last_look = began;
  for (std::uint64_t turn = 0; fast.seen + fast.dropped < printed || slow.seen + slow.dropped < printed;
       ++turn) {
    bool const came = fast.take();
    bool const slow_came = slow.take();
    if (came || slow_came) last_look = std::chrono::steady_clock::now();
    ASSERT_LT(std::chrono::steady_clock::now() - last_look, patience)
        << fast.seen << " " << fast.dropped << " " << slow.seen << " " << slow.dropped << " of " << printed;
    if (turn % 1000 != 0) continue;
    memory = std::max(memory, memory_kib(keeper, "RssAnon"));
    std::uintmax_t size = 0;
    std::error_code ignored;
    for (std::filesystem::directory_iterator at(place.directory() + "/logs/flood", ignored), end; at != end;
         at.increment(ignored))
      if (auto const one = at->file_size(ignored); !ignored) size += one;
    largest = std::max(largest, size);
  }
  auto const took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  fmt::print(
      "{} MiB in {} ms; the fast reader missed {} of {} lines, the slow one {}; {} KiB of its own, {} at "
      "most in all; log {} KiB\n",
      mib, took.count(), fast.dropped, printed, slow.dropped, memory, memory_kib(keeper, "VmHWM"),
      largest / 1024);
  EXPECT_EQ(fast.seen + fast.dropped, printed);
  EXPECT_EQ(slow.seen + slow.dropped, printed);
  EXPECT_TRUE(is_within(memory, 8 * 1024)) << memory;
  EXPECT_LE(largest, static_cast<std::uintmax_t>(cap + cap / 8));
  EXPECT_EQ(status_of(*link, "flood").run, 1U);
  place.stop();
}

}  // namespace
}  // namespace ostler::test
