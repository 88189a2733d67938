#include "keeper/sessions/scrollback.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace ostler::keeper {
namespace {

std::string whole(scrollback const& from, std::uint64_t position) {
  std::string all;
  while (position < from.end_position()) {
    auto const piece = from.piece_at(position);
    all += piece;
    position += piece.size();
  }
  return all;
}

TEST(a_scrollback, keeps_the_last_bytes_at_their_positions) {
  scrollback kept(10'000);
  std::string all;
  for (int at = 0; at < 3000; ++at) {
    auto const line = std::to_string(at) + "\r\n";
    all += line;
    kept.append(line);
    ASSERT_EQ(kept.end_position(), all.size());
    ASSERT_EQ(
        kept.end_position() - kept.begin_position(),
        std::min<std::size_t>(
            all.size(), kept.end_position() < 4096 ? all.size() : std::min<std::size_t>(all.size(), 10'000)));
  }
  EXPECT_EQ(whole(kept, kept.begin_position()), all.substr(all.size() - 10'000));
  EXPECT_EQ(whole(kept, kept.end_position() - 3), all.substr(all.size() - 3));
}

TEST(a_scrollback, replays_everything_while_nothing_was_lost) {
  scrollback kept(4096);
  kept.append("\x1b[31mred\x1b[0m \xe2\x82");
  kept.append("\xac");
  EXPECT_EQ(kept.replay(), "\x1b[31mred\x1b[0m \xe2\x82\xac");
}

TEST(a_scrollback, never_begins_a_replay_within_a_sequence_a_string_or_a_character) {
  for (std::string_view const unit :
       {std::string_view("\x1b[38;5;196mx"), std::string_view("\xf0\x9f\x98\x80"),
        std::string_view("\x1b]0;a title\x07"), std::string_view("\x1bPdata\x1b\\")}) {
    for (std::size_t extra = 0; extra < unit.size(); ++extra) {
      scrollback kept(100);
      kept.append(std::string(extra, '.'));
      for (int at = 0; at < 50; ++at) kept.append(unit);
      auto const replay = kept.replay();
      EXPECT_LE(replay.size(), 100U);
      EXPECT_GE(replay.size(), 100 - 2 * unit.size());
      EXPECT_TRUE(replay.starts_with(unit) || replay.starts_with(unit.substr(unit.size() - 1)) ||
                  replay.starts_with("x"))
          << testing::PrintToString(replay);
    }
  }
}

TEST(a_scrollback, begins_a_replay_with_the_modes_that_were_set_before_it) {
  scrollback kept(1000);
  kept.append("\x1b[?1049h\x1b[?25l\x1b[?1;2004h\x1b[?1002h\x1b[?1002l\x1b=");
  EXPECT_TRUE(kept.modes().alternate_screen());
  kept.append(std::string(2000, 'x'));
  EXPECT_EQ(kept.replay(), "\x1b[?1049h\x1b[?1h\x1b[?25l\x1b[?2004h\x1b=" + std::string(1000, 'x'));
  // What changes within the replay is told by the bytes themselves.
  kept.append("\x1b[?1049l\x1b[?25h\x1b[?1l\x1b[?2004l\x1b>");
  EXPECT_FALSE(kept.modes().alternate_screen());
  EXPECT_EQ(kept.modes(), terminal_modes());
  EXPECT_TRUE(kept.replay().starts_with("\x1b[?1049h"));
  kept.append(std::string(2000, 'y'));
  EXPECT_EQ(kept.replay(), std::string(1000, 'y'));
}

TEST(a_scrollback, takes_a_reset_for_what_it_is) {
  scrollback kept(100);
  kept.append(
      "\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b"
      "c");
  EXPECT_EQ(kept.modes(), terminal_modes());
  kept.append("\x1b[?25l\x1b[?2004h\x1b[!p");
  EXPECT_EQ(kept.modes().sequence(), "\x1b[?2004h");
}

TEST(a_scrollback, leaves_out_of_a_replay_what_a_terminal_would_answer) {
  for (std::string_view const question : {"\x1b[c", "\x1b[>c", "\x1b[0c", "\x1b[6n", "\x1b[?6n", "\x1b[5n",
                                          "\x1b[?2004$p", "\x1b[>q", "\x1b[?u", "\x1b[18t", "\x1b[x", "\x1bZ",
                                          "\x05", "\x1b]11;?\x07", "\x1b]4;1;?\x07", "\x1b]52;c;?\x07",
                                          "\xc2\x9b"
                                          "6n"}) {
    scrollback kept;
    kept.append("before");
    kept.append(question);
    kept.append("after");
    EXPECT_EQ(kept.replay(), "beforeafter") << testing::PrintToString(question);
  }
  // The end of the string does nothing without it.
  for (std::string_view const question :
       {"\x1b]11;?\x1b\\", "\x1bP$qm\x1b\\", "\x1bP+q544e\x1b\\", "\x1b_Ga=q;A\x1b\\"}) {
    scrollback kept;
    kept.append("before");
    kept.append(question);
    kept.append("after");
    EXPECT_EQ(kept.replay(), "before\x1b\\after") << testing::PrintToString(question);
  }
  for (std::string_view const other :
       {"\x1b[2 q", "\x1b[u", "\x1b[22;0t", "\x1b[4;5;1;2;2$x", "\x1b]0;why?\x07", "\x1b[8;24;80t"}) {
    scrollback kept;
    kept.append(other);
    EXPECT_EQ(kept.replay(), other) << testing::PrintToString(other);
  }
}

TEST(a_scrollback, replays_at_most_as_much_as_was_asked_for_and_begins_well) {
  scrollback kept;
  kept.append("\x1b[?2004h");
  for (int at = 0; at < 100; ++at) kept.append("\x1b[31mab");
  EXPECT_EQ(kept.replay(9), "\x1b[?2004hab\x1b[31mab");
  EXPECT_EQ(kept.replay(0), "\x1b[?2004h");
}

TEST(a_scrollback, ends_in_the_same_modes_and_the_same_place_whatever_was_written) {
  std::array<std::string, 14> const parts{"text",
                                          "\x1b[?1049h",
                                          "\x1b[?1049l",
                                          "\x1b[?25l",
                                          "\x1b[?25h",
                                          "\xe2\x82\xac",
                                          "\x1b]0;t\x07",
                                          "\x1bPq",
                                          "\x1b\\",
                                          "\x1b",
                                          "\x9b",
                                          "\x1b[?2004h",
                                          "\x1b"
                                          "c",
                                          "\x1b[?1;7l"};
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 chance(seed);
    scrollback kept(64 + seed % 50);
    scrollback everything(1'000'000);
    for (int at = 0; at < 200; ++at) {
      auto part = parts[chance() % parts.size()];
      if (chance() % 4 == 0) part.resize(chance() % (part.size() + 1));
      kept.append(part);
      everything.append(part);
      scrollback later(1'000'000);
      later.append(kept.replay());
      // In the midst of a sequence there may have been no place to begin at all.
      escape_parser parser;
      for (char const byte : whole(everything, 0)) parser.feed(byte);
      if (parser.at_boundary()) {
        ASSERT_EQ(later.modes(), everything.modes()) << seed << " " << at;
      }
    }
  }
}

}  // namespace
}  // namespace ostler::keeper
