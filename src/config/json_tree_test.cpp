#include "config/json_tree.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace ostler::config {
namespace {

std::string read(std::string_view text) {
  auto const root = parse_json(text);
  return root ? json_text(*root)
              : fmt::format("{}:{} {}", root.error().at.line, root.error().at.column, root.error().what);
}

TEST(settings_as_json, are_read_and_written) {
  EXPECT_EQ(read(" {} "), "{}");
  EXPECT_EQ(read("{\"a\": [1, -2.5, true, false, {}], \"b\": {\"c\": \"\\u00e4\\ud83d\\ude00\\/\"}}"),
            "{\"a\":[1,-2.5,true,false,{}],\"b\":{\"c\":\"ä😀/\"}}");
}

TEST(settings_as_json, are_refused_at_their_place) {
  std::vector<std::pair<std::string_view, std::string_view>> const cases{
      {"", "1:1 this is no value"},
      {"[1]", "1:1 settings cannot be a list"},
      {"{\"a\": null}", "1:7 null is no value"},
      {"{\"a\": 1,\n \"a\": 2}", "2:2 'a' is there already"},
      {"{\"a\": 1} x", "1:10 something stands behind the object"},
      {"{\"a\" 1}", "1:6 a ':' is missing here"},
      {"{a: 1}", "1:2 a key in quotes is missing here"},
      {"{\"a\": [1}", "1:9 a ',' or a ']' is missing here"},
      {"{\"a\": \"\\ud83d\"}", "1:8 this is no character"},
      {"{\"a\": \"\\u0000\"}", "1:8 this is no character"},
      {"{\"a\": \"x", "1:7 the text that begins here does not end in its line"},
      {"{\"a\": 18446744073709551615}", "1:7 the number '18446744073709551615' is too large"},
  };
  for (auto const& [text, refusal] : cases) EXPECT_EQ(read(text), refusal) << text;
  EXPECT_EQ(read("{\"a\":" + std::string(100'000, '[')), "1:29 too many levels");
}

}  // namespace
}  // namespace ostler::config
