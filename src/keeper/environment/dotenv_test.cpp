// Every corner of .env files, as a table.
#include "keeper/environment/dotenv.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::keeper {
namespace {

using lines = std::vector<std::string>;

struct reading {
  std::string_view text;
  lines expected;
};

reading const readings[] = {
    {"", {}},
    {"\n\n  \n# only a comment\n\t# and another", {}},
    {"A=1", {"A=1"}},
    {"A=1\r\nB=2\r\n", {"A=1", "B=2"}},
    {"\xef\xbb\xbf"
     "A=1\n",
     {"A=1"}},
    {"  A = 1  \n", {"A=1"}},
    {"export A=1\nexport\tB=2\n", {"A=1", "B=2"}},
    {"exported=1\nexport=2\n", {"export=2", "exported=1"}},
    {"A=\nB=   \n", {"A=", "B="}},
    {"A=x # said\nB=x#y\nC=# nothing\nD=x\t#y", {"A=x", "B=x#y", "C=", "D=x"}},
    {"A=x=y==\n", {"A=x=y=="}},
    {"A=two words  \n", {"A=two words"}},
    {"_a9=1\n", {"_a9=1"}},
    // Quotes.
    {"A='$B \\n \" # x' # said\n", {"A=$B \\n \" # x"}},
    {"A='one\r\ntwo'\nB=2", {"A=one\ntwo", "B=2"}},
    {"A=\"a\\tb\\nc\\r\\\"\\\\\\$x\\q\"\n", {"A=a\tb\nc\r\"\\$x\\q"}},
    {"A=\"one\r\n  two \n\"\r\nB=2\r\n", {"A=one\n  two \n", "B=2"}},
    {"A=\"# kept\"   \nB=\"\"\nC=''", {"A=# kept", "B=", "C="}},
    {"A=it's\nB=say \"x\"\n", {"A=it's", "B=say \"x\""}},
    // Expansion.
    {"A=1\nB=$A-${A}\nC=\"<$A${A}>\"\nD='$A'", {"A=1", "B=1-1", "C=<11>", "D=$A"}},
    {"A=$NOBODY${NOBODY}.\n", {"A=."}},
    {"A=${N:-x}\nE=\nB=${E:-y}\nC=${A:-z}\n", {"A=x", "B=y", "C=x", "E="}},
    {"A=${N:-${M:-deep}}\nB=${N:-}\nC=${N:-a b}\n", {"A=deep", "B=", "C=a b"}},
    {"A=\"${N:-\\\"x\\\"}\"\n", {"A=\"x\""}},
    {"A=5$ $5 $$ a$", {"A=5$ $5 $ a$"}},
    {"A=$$A\nB=\"\\$A $$A\"", {"A=$A", "B=$A $A"}},
    // What a value brought is not read again.
    {"A='$B'\nB=1\nC=$A\n", {"A=$B", "B=1", "C=$B"}},
    {"A=1\nA=2\nA=${A}3\n", {"A=23"}},
    {"GIVEN=new-$GIVEN", {"GIVEN=new-old"}},
};

TEST(a_dotenv_file, is_read_as_people_mean_it) {
  for (auto const& each : readings) {
    variables known;
    if (each.text.starts_with("GIVEN")) ASSERT_TRUE(known.set("GIVEN", "old"));
    auto const done = read_dotenv(".env", each.text, known);
    ASSERT_TRUE(done) << each.text << "\n" << done.error().message;
    EXPECT_EQ(known.list(), each.expected) << each.text;
  }
}

struct refusal {
  std::string text;
  std::string_view expected;
};

refusal const refusals[] = {
    {"A=1\nnonsense\n", ".env, line 2: 'nonsense' is not NAME=value"},
    {"=x", ".env, line 1: '=x' is not NAME=value"},
    {"export A", ".env, line 1: 'export A' is not NAME=value"},
    {"1A=x", ".env, line 1: '1A=x' is not NAME=value"},
    {"A-B=x", ".env, line 1: 'A-B=x' is not NAME=value"},
    {"\n\nA='x\ny\n", ".env, line 3: 'A='x' opens a quote that nothing closes"},
    {"A=\"x\\\"\n", ".env, line 1: 'A=\"x\\\"' opens a quote that nothing closes"},
    {"A=\"1\n2\"\nB='x' y", ".env, line 3: 'B='x' y' goes on behind the closing quote"},
    {"A=${B", ".env, line 1: '${B' has no '}'"},
    {"A=${B:-x", ".env, line 1: '${B:-x' has no '}'"},
    {"A=${}", ".env, line 1: '${}' is neither ${NAME} nor ${NAME:-instead}"},
    {"A=${B?x}", ".env, line 1: '${B?x}' is neither ${NAME} nor ${NAME:-instead}"},
    {std::string("A=x\0y", 5), ".env, line 1: the variable 'A' holds a zero byte, which no environment can"},
};

TEST(a_dotenv_file, is_refused_with_the_line_that_makes_no_sense) {
  for (auto const& each : refusals) {
    variables known;
    auto const done = read_dotenv(".env", each.text, known);
    ASSERT_FALSE(done) << each.text;
    EXPECT_EQ(done.error().code, error_code::text_malformed);
    EXPECT_EQ(done.error().message, each.expected);
  }
}

TEST(a_dotenv_file, that_doubles_with_every_line_is_refused_before_it_fills_the_memory) {
  std::string text = "A0=xxxxxxxxxxxxxxxx\n";
  for (int at = 1; at < 64; ++at)
    text += "A" + std::to_string(at) + "=$A" + std::to_string(at - 1) + "$A" + std::to_string(at - 1) + "\n";
  variables known;
  auto const done = read_dotenv(".env", text, known);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, error_code::value_out_of_range);
  EXPECT_EQ(done.error().message,
            ".env, line 14: the variable 'A13' has 131077 bytes; a process can be given 131072");
}

TEST(a_dotenv_file, that_sets_more_than_any_process_can_be_given_is_refused) {
  variables known;
  std::string text;
  for (int at = 0; at < 100; ++at) text += "A=" + std::string(100'000, 'x') + "\n";
  auto const done = read_dotenv(".env", text, known);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, ".env, line 21: with 'A' the environment comes to more than 2097152 bytes");
}

TEST(an_expansion, has_a_limit_of_nesting) {
  std::string nested;
  for (int at = 0; at < 100'000; ++at) nested += "${A:-";
  auto const done = expand(nested, variables());
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().message.ends_with("is nested deeper than 16")) << done.error().message;
}

TEST(a_variable, is_refused_when_no_process_could_be_given_it) {
  variables known;
  EXPECT_TRUE(known.set("A", std::string(variable_size_max - 3, 'x')));
  auto const done = known.set("A", std::string(variable_size_max - 2, 'x'));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the variable 'A' has 131073 bytes; a process can be given 131072");
}

}  // namespace
}  // namespace ostler::keeper
