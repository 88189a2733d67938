// The text is found however it comes, and only when it is there.
#include "keeper/probes/output_match.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ostler::keeper {
namespace {

constexpr auto out = output_stream::out;
constexpr auto errors = output_stream::errors;

output_match match_of(std::string const& pattern) { return output_match::make(pattern).value(); }

bool after(output_match& match, std::vector<std::string_view> const& writes, output_stream from = out) {
  bool yes = false;
  for (auto const each : writes) yes = match.feed(from, as_bytes(each));
  return yes;
}

bool holds(std::string const& pattern, std::vector<std::string_view> const& writes) {
  auto match = match_of(pattern);
  return after(match, writes);
}

TEST(an_output_match, finds_its_text_at_every_split_of_the_line) {
  std::string const text = "starting\n[web] listening on port 8080, pid 7\nmore\n";
  for (std::size_t first = 0; first <= text.size(); ++first)
    for (std::size_t second = first; second <= text.size(); ++second) {
      std::string_view const all = text;
      EXPECT_TRUE(holds("listening on .*port [0-9]+",
                        {all.substr(0, first), all.substr(first, second - first), all.substr(second)}))
          << first << " " << second;
    }
}

TEST(an_output_match, finds_its_text_when_every_byte_comes_alone) {
  auto match = match_of("^ready: (yes|si)$");
  std::string const text = "not ready: yes\nready: yes sir\r\nready: si\r";
  bool yes = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    yes = match.feed(out, as_bytes(std::string_view(text).substr(at, 1)));
    EXPECT_EQ(yes, at + 1 == text.size()) << at;
  }
}

TEST(an_output_match, waits_until_nothing_can_make_it_false) {
  EXPECT_FALSE(holds("ready$", {"ready"}));
  EXPECT_FALSE(holds("ready$", {"ready", "ing\n"}));
  EXPECT_TRUE(holds("ready$", {"ready", "\n"}));
  EXPECT_FALSE(holds("\\bup\\b", {"up"}));
  EXPECT_FALSE(holds("\\bup\\b", {"up", "date\n"}));
  EXPECT_TRUE(holds("\\bup\\b", {"up", "!"}));
  EXPECT_FALSE(holds("up\\B", {"up"}));
  EXPECT_TRUE(holds("up\\B", {"up", "date"}));
  // A prompt has no end of line.
  EXPECT_TRUE(holds("^mysql> ", {"mysql> "}));
}

TEST(an_output_match, keeps_lines_and_streams_apart) {
  EXPECT_FALSE(holds("one two", {"one\n", " two\n"}));
  EXPECT_FALSE(holds("one.*two", {"one\rtwo"}));
  auto match = match_of("one two");
  EXPECT_FALSE(match.feed(out, as_bytes("one ")));
  EXPECT_FALSE(match.feed(errors, as_bytes("two")));
  EXPECT_TRUE(match.feed(out, as_bytes("two")));
}

TEST(an_output_match, sees_no_empty_line_between_a_return_and_its_newline) {
  EXPECT_FALSE(holds("^$", {"a\r\nb\r", "\nc\n"}));
  EXPECT_TRUE(holds("^$", {"a\r\n\r\n"}));
}

TEST(an_output_match, finds_a_text_at_the_end_of_a_megabyte_without_a_newline) {
  for (std::size_t const write :
       {std::size_t{1000}, std::size_t{4096}, std::size_t{300'000}, std::size_t{1} << 21U}) {
    auto match = match_of("server ready");
    std::string const text = std::string(1 << 20, 'x') + "server ready";
    for (std::size_t at = 0; at < text.size(); at += write) {
      auto const yes = match.feed(out, as_bytes(std::string_view(text).substr(at, write)));
      EXPECT_EQ(yes, at + write >= text.size());
      EXPECT_LE(match.bytes_kept(), output_match::line_kept_max);
    }
    EXPECT_EQ(match.bytes_kept(), 0U);
  }
}

TEST(an_output_match, finds_what_is_as_long_as_what_is_kept_and_does_not_take_a_middle_for_a_beginning) {
  auto longest = match_of("a[b]*c");
  EXPECT_FALSE(longest.feed(out, as_bytes(std::string(100'000, 'x'))));
  EXPECT_FALSE(longest.feed(out, as_bytes("a" + std::string(output_match::line_kept_max - 2, 'b'))));
  EXPECT_TRUE(longest.feed(out, as_bytes("c")));
  auto beginning = match_of("^x+y");
  EXPECT_FALSE(beginning.feed(out, as_bytes("-" + std::string(100'000, 'x'))));
  EXPECT_FALSE(beginning.feed(out, as_bytes("y\n")));
  EXPECT_TRUE(beginning.feed(out, as_bytes("xy")));
}

TEST(an_output_match, finds_the_end_of_a_long_line_whose_rest_is_long) {
  auto match = match_of("done$");
  EXPECT_FALSE(match.feed(out, as_bytes("x")));
  EXPECT_TRUE(match.feed(out, as_bytes(std::string(200'000, 'y') + "done\nmore")));
}

TEST(an_output_match, is_not_held_up_by_colours) {
  EXPECT_TRUE(holds("listening on http", {"\x1b[32mlisten\x1b[1;31ming\x1b[0m on \x1b(B\x1b[mhttp://x"}));
  EXPECT_TRUE(holds("^ready$", {"\x1b[38;2;1;2;3mready\x1b[K\n"}));
  // As it stands, too.
  EXPECT_TRUE(holds("\x1b\\[32mok", {"\x1b[32mok"}));
  std::string_view const text = "a\x1b[32mb\x1b[0mc";
  for (std::size_t at = 0; at <= text.size(); ++at)
    EXPECT_TRUE(holds("abc", {text.substr(0, at), text.substr(at)})) << at;
  // The end of a sequence that is not complete is no text.
  EXPECT_FALSE(holds("a3", {"a\x1b[3"}));
  EXPECT_EQ(without_escapes("a\x1b"
                            "b\x1b[\x01"
                            "c\x1b"),
            "a\x01"
            "c");
}

TEST(an_output_match, has_matched_once_and_for_all_and_lets_go_of_its_memory) {
  auto match = match_of("x");
  EXPECT_FALSE(match.feed(errors, as_bytes("a long line")));
  EXPECT_EQ(match.bytes_kept(), 11U);
  EXPECT_FALSE(match.matched());
  EXPECT_TRUE(match.feed(out, as_bytes("x")));
  EXPECT_EQ(match.bytes_kept(), 0U);
  EXPECT_TRUE(match.matched());
  EXPECT_TRUE(match.feed(out, as_bytes("nothing")));
}

TEST(an_output_match, takes_bytes_that_are_no_text) {
  EXPECT_TRUE(holds("ready", {std::string_view("\xff\xfe\0ready", 8)}));
  EXPECT_FALSE(holds("ready", {"", "\x80\n"}));
}

TEST(an_output_match, is_refused_with_the_reason) {
  auto const made = output_match::make("listen(");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, error_code::text_malformed);
  EXPECT_EQ(made.error().message, "the pattern 'listen(' cannot be used: missing ): listen(");
}

}  // namespace
}  // namespace ostler::keeper
