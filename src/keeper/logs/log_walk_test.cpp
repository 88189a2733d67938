// Random lives of a log, against a model that remembers everything.
#include <gtest/gtest.h>
#include <random>

#include "keeper/logs/log_query.hpp"
#include "keeper/logs/test/asked.hpp"
#include "keeper/logs/test/scratch_log.hpp"

namespace ostler::keeper {
namespace {

using wire::log_record;
using wire::log_record_kind;

struct life {
  explicit life(unsigned seed) : chance(seed) {}

  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(chance);
  }

  void append() {
    auto const stream = draw(3) == 0 ? log_stream::err : log_stream::out;
    std::string text(1 + draw(draw(20) == 0 ? 9'000 : 60), 'x');
    for (auto& each : text) each = draw(12) == 0 ? '\n' : static_cast<char>('a' + draw(26));
    store->append(stream, wall += 1ms, as_bytes(text));
    for (char const each : text) {
      auto& line = open[open_index(stream)];
      if (!line.second) line = {begin_at(stream), true};
      if (each == '\n') {
        lines.push_back(line.first);
        line.second = false;
        ++newlines;
      } else {
        line.first.payload += each;
      }
      ++position;
    }
  }
  log_record begin_at(log_stream stream) const {
    return {.kind = static_cast<log_record_kind>(stream), .position = position, .wall = wall};
  }
  void reopen() {
    store.reset();
    store = scratch.open({.cap = cap});
  }
  // Lines that are kept whole, as a reader without history sees them; what begins before is told as torn.
  std::vector<log_record> expected() const {
    std::vector<log_record> kept;
    for (auto const& each : lines)
      if (each.position >= store->first_position()) kept.push_back(each);
    for (auto const& each : open)
      if (each.second && each.first.position >= store->first_position()) {
        kept.push_back(each.first);
        kept.back().flags = wire::partial;
      }
    return kept;
  }

  static constexpr std::uint64_t cap = log_options::cap_least;
  std::mt19937 chance;
  scratch_log scratch;
  std::unique_ptr<log_store> store = scratch.open({.cap = cap});
  wall_time wall{1'700'000'000'000ms};
  std::uint64_t position = 0;
  std::uint64_t newlines = 0;
  std::vector<log_record> lines;
  std::array<std::pair<log_record, bool>, 2> open{};
};

std::vector<log_record> whole_only(std::vector<log_record> records) {
  std::erase_if(records, [](auto const& each) {
    return each.kind == log_record_kind::dropped || (each.flags & wire::torn) != 0;
  });
  return records;
}

std::vector<log_record> by_begin(std::vector<log_record> records) {
  std::ranges::sort(records, {}, &log_record::position);
  return records;
}

void expect_all_ways_agree(life& one) {
  auto const expected = one.expected();
  auto const forward = ask_all(*one.store, {}).records;
  ASSERT_EQ(whole_only(forward), expected);

  log_question back{.from = wire::log_cursor{.position = UINT64_MAX},
                    .direction = log_question::order::backward};
  auto backward = ask_all(*one.store, back).records;
  std::ranges::reverse(backward);
  ASSERT_EQ(whole_only(backward), by_begin(expected));

  auto last = forward;
  std::erase_if(last, [](auto const& each) { return each.kind == log_record_kind::dropped; });
  last = by_begin(std::move(last));
  auto const some = one.draw(last.size() + 1);
  last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(some));
  ASSERT_EQ(by_begin(ask_all(*one.store, {.from = from_tail{some}}).records), last) << some;

  // In pieces, from the cursor of each, is the same as in one.
  std::vector<log_record> pieces;
  wire::log_cursor from{.position = 0, .lines = 0};
  for (auto state = log_batch::then::more; state != log_batch::then::end;) {
    auto const query = *log_query::ask(*one.store, {.from = from});
    auto batch = query->next(1 + one.draw(4'000));
    std::ranges::move(batch.records, std::back_inserter(pieces));
    from = batch.next;
    state = batch.state;
  }
  ASSERT_EQ(pieces, forward);
  pieces.clear();
  for (auto state = log_batch::then::more; state != log_batch::then::end; back.from = from) {
    auto const query = *log_query::ask(*one.store, back);
    auto batch = query->next(1 + one.draw(4'000));
    std::ranges::move(batch.records, std::back_inserter(pieces));
    from = batch.next;
    state = batch.state;
  }
  std::ranges::reverse(pieces);
  ASSERT_EQ(pieces, backward);
}

class any_life_of_a_log : public testing::TestWithParam<unsigned> {};

TEST_P(any_life_of_a_log, is_told_the_same_forward_backward_and_in_pieces) {
  life one(GetParam());
  auto const follower = std::move(*log_query::ask(*one.store, {.follow = true}));
  std::uint64_t followed = 0;
  std::uint64_t missed = 0;
  auto const follow = [&] {
    for (auto const& record : take_all(*follower).records) {
      if (record.kind == log_record_kind::dropped)
        missed += wire::parse_log_dropped(record.payload)->lines;
      else if ((record.flags & (wire::partial | wire::continued)) == 0)
        ++followed;
    }
  };
  for (int round = 0; round < 6; ++round) {
    for (auto left = one.draw(400); left > 0; --left) one.append();
    expect_all_ways_agree(one);
    if (testing::Test::HasFatalFailure()) return;
    follow();
    EXPECT_EQ(followed + missed, one.newlines);
  }
  EXPECT_EQ(one.store->end_lines(), one.newlines);
  for (int round = 0; round < 4; ++round) {
    one.reopen();
    for (auto left = one.draw(100); left > 0; --left) one.append();
    expect_all_ways_agree(one);
    if (testing::Test::HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, any_life_of_a_log, testing::Range(0U, 8U));

}  // namespace
}  // namespace ostler::keeper
