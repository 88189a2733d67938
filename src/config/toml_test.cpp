#include "config/toml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "config/json_tree.hpp"

namespace ostler::config {
namespace {

// JSON is the plainest way to say what was read.
std::string read(std::string_view text) {
  auto const root = parse_toml(text);
  return root ? json_text(*root)
              : fmt::format("{}:{} {}", root.error().at.line, root.error().at.column, root.error().what);
}

TEST(a_toml_text, is_read_as_the_specification_says) {
  std::vector<std::pair<std::string_view, std::string_view>> const cases{
      {"", "{}"},
      {"# only a comment", "{}"},
      {"\xef\xbb\xbf"
       "a = 1",
       R"({"a":1})"},
      {"a = 1\r\nb = 2\r\n", R"({"a":1,"b":2})"},
      {"a.b.c = true", R"({"a":{"b":{"c":true}}})"},
      {"a . \"b c\" . 'd' = 1", R"({"a":{"b c":{"d":1}}})"},
      {"[a.b]\nc=1\n[a]\nd=2", R"({"a":{"b":{"c":1},"d":2}})"},
      {"[a]\nb.c=1\n[a.b.d]\ne=2", R"({"a":{"b":{"c":1,"d":{"e":2}}}})"},
      {"a = { b = 1, c.d = 'x' }", R"({"a":{"b":1,"c":{"d":"x"}}})"},
      {"a = {}", R"({"a":{}})"},
      {"a = [ 1, # one\n  2,\n]", R"({"a":[1,2]})"},
      {"a = [[], [\"x\"], {b=1}]", R"({"a":[[],["x"],{"b":1}]})"},
      {R"(a = "tab\t quote\" \u00e4 \U0001F600")", "{\"a\":\"tab\\t quote\\\" ä 😀\"}"},
      {R"(a = 'C:\temp')", R"({"a":"C:\\temp"})"},
      {"a = \"\"\"\nfirst\nsecond\"\"\"", R"({"a":"first\nsecond"})"},
      {"a = \"\"\"one \\\n   two\"\"\"", R"({"a":"one two"})"},
      {"a = '''\nit's ''two'''''", R"({"a":"it's ''two''"})"},
      {"a = \"\"\"\"quoted\"\"\"\"", R"({"a":"\"quoted\""})"},
      {"a = [0x1f, 0o17, 0b11, 1_000, -7, +3]", R"({"a":[31,15,3,1000,-7,3]})"},
      {"a = [1.5, -0.25, 1e3, 6.5e-2]", R"({"a":[1.5,-0.25,1000.0,0.065]})"},
      {"a = -9223372036854775808", R"({"a":-9223372036854775808})"},
      {"\"\" = 1", R"({"":1})"},
      {"3 = true", R"({"3":true})"},
      {"a = \"grüße\" # grüße", R"({"a":"grüße"})"},
  };
  for (auto const& [text, json] : cases) EXPECT_EQ(read(text), json) << text;
}

TEST(a_toml_text, that_is_none_is_refused_at_its_place) {
  std::vector<std::pair<std::string, std::string_view>> const cases{
      {"a", "1:2 an '=' is missing behind 'a'"},
      {"a =", "1:4 the value is missing"},
      {"a = auto", "1:5 'auto' is no value"},
      {"a = 1 b = 2", "1:7 something stands behind the value"},
      {"a = 1\na = 2", "2:1 'a' is there already, in line 1"},
      {"[a]\n[a]", "2:2 'a' is there already, in line 1"},
      {"a.b = 1\n[a]", "2:2 'a' is there already, in line 1"},
      {"[a.b]\n[a]\nb.c = 1", "3:1 'b.c' is there already, in line 1"},
      {"a = {}\n[a.b]", "2:2 'a.b' is there already, in line 1"},
      {"a = 1\na.b = 2", "2:1 'a.b' is there already, in line 1"},
      {"a = {b=1, b=2}", "1:11 'b' is there already, in line 1"},
      {"[[a]]", "1:1 lists of tables are not used in settings"},
      {"[a", "1:3 the ']' of a table is missing"},
      {"[]", "1:2 a key is missing here"},
      {"[.x]", "1:2 a key is missing here"},
      {"= 1", "1:1 a key is missing here"},
      {"grüße = 1", "1:3 an '=' is missing behind 'gr'"},
      {"a = \"x", "1:5 the text that begins here does not end in its line"},
      {"a = \"x\ny\"", "1:5 the text that begins here does not end in its line"},
      {"a = \"\"\"x", "1:5 the text that begins here does not end"},
      {R"(a = "\q")", "1:7 a backslash means nothing before this character"},
      {R"(a = "\ud800")", "1:7 this is no character"},
      {R"(a = "\u0000")", "1:7 this is no character"},
      {"a = [1", "1:5 the list that begins here does not end"},
      {"a = [1 2]", "1:8 a ',' or the ']' of the list is missing here"},
      {"a = {b = 1", "1:11 a ',' or the '}' of the table is missing here"},
      {"a = {b = 1,}", "1:12 a key is missing here"},
      {"a = 012", "1:5 '012' is no value"},
      {"a = 1__0", "1:5 '1__0' is no value"},
      {"a = 0x", "1:5 '0x' is no value"},
      {"a = 1.", "1:5 '1.' is no value"},
      {"a = inf", "1:5 'inf' is no value"},
      {"a = 1e999", "1:5 the number '1e999' is too large or too small"},
      {"a = 9223372036854775808", "1:5 the number '9223372036854775808' is too large"},
      {"a = 2026-11-21", "1:5 no setting is a date or a time"},
      {"a = 10:30:00", "1:5 no setting is a date or a time"},
      {"a = \"\x01\"", "1:6 a control character (0x01)"},
      {"a = 1\rb = 2", "1:6 a control character (0x0d)"},
      {"ä = \"\xff\"", "1:6 this is not UTF-8"},
      {"a = \"\xed\xa0\x80\"", "1:6 this is not UTF-8"},
      {std::string("a = \0", 5), "1:5 a control character (0x00)"},
  };
  for (auto const& [text, refusal] : cases) EXPECT_EQ(read(text), refusal) << text;
}

TEST(a_toml_text, has_limits) {
  EXPECT_EQ(read(std::string(text_size_max + 1, '#')), "1:1 the text has 262145 bytes");
  EXPECT_EQ(read("a = " + std::string(100'000, '[')), "1:29 lists within lists, too many");
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep += ".a";
  EXPECT_EQ(read(deep + " = 1"), "1:49 tables within tables, too many");
  EXPECT_EQ(read("[" + deep + "]"), "1:50 tables within tables, too many");
  std::string many;
  for (std::size_t i = 0; i <= members_max; ++i) many += fmt::format("k{} = 1\n", i);
  EXPECT_EQ(read(many), "4097:1 too many keys");
}

TEST(a_toml_text, tells_where_keys_and_values_stand) {
  auto const root = parse_toml("[a]\n  \"ö\" = 1 \n");
  ASSERT_TRUE(root);
  auto const& inside = find(*root->members(), "a")->value.members()->members.front();
  EXPECT_EQ(inside.at, (place{0, 2, 3}));
  EXPECT_EQ(inside.value.at, (place{0, 2, 9}));
}

TEST(a_value_as_toml, reads_back) {
  node const value{std::vector<node>{{std::string("a\"b\\c\n\x01\x7fö"), {}},
                                     {0.1, {}},
                                     {1e300, {}},
                                     {2.0, {}},
                                     {true, {}},
                                     {table{}, {}}},
                   {}};
  auto const written = toml_value(value);
  EXPECT_EQ(written, R"(["a\"b\\c\n\u0001\u007fö", 0.1, 1e+300, 2.0, true, {}])");
  auto const root = parse_toml("\"a b\" = " + written);
  ASSERT_TRUE(root);
  EXPECT_EQ(toml_value(root->members()->members.front().value), written);
  EXPECT_EQ(toml_key("a-b_1"), "a-b_1");
  EXPECT_EQ(toml_key("a b"), "\"a b\"");
  EXPECT_EQ(toml_key(""), "\"\"");
}

}  // namespace
}  // namespace ostler::config
