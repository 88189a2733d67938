#include "config/yaml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

#include "config/json_tree.hpp"

namespace ostler::config {
namespace {

std::string read(std::string_view text) {
  auto const root = parse_yaml(text);
  return root ? json_text(*root)
              : fmt::format("{}:{} {}", root.error().at.line, root.error().at.column, root.error().what);
}

TEST(a_yaml_text, is_read_as_a_tree_of_texts) {
  EXPECT_EQ(read("a: 1\nb: [x, \"y\\n\", no]\nc:\n  d: ~\n"),
            R"({"a":"1","b":["x","y\n","no"],"c":{"d":{}}})");
  EXPECT_EQ(read(""), "{}");
  EXPECT_EQ(read("a: >\n  folded\n  text\n"), R"({"a":"folded text\n"})");
}

TEST(a_yaml_text, has_anchors_and_what_is_merged) {
  EXPECT_EQ(read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n"),
            R"({"a":{"x":"1","y":"2"},"b":{"y":"3","x":"1"},"c":{"x":"1","y":"2"}})");
  EXPECT_EQ(read("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}\n"),
            R"({"a":{"x":"1"},"b":{"x":"2","z":"3"},"c":{"x":"1","z":"3"}})");
}

TEST(a_yaml_text, that_is_none_is_refused_at_its_place) {
  EXPECT_EQ(read("a: [1\n"), "2:1 end of sequence flow not found");
  EXPECT_EQ(read("a: 1\na: 2\n"), "2:1 the key a is there already");
  EXPECT_EQ(read("{}: 1"), "1:1 a key that is no text");
  EXPECT_EQ(read("a: *b"), "1:4 the referenced anchor is not defined");
  EXPECT_EQ(read("a: &a [*a]"), "1:8 this is part of itself");
  EXPECT_EQ(read("a: \"\\0\""), "1:4 a text with what is no character");
  EXPECT_EQ(read("<<: 3"), "1:5 this cannot be merged");
  EXPECT_EQ(read("\xff"), "1:1 this is not UTF-8");
}

TEST(a_yaml_text, does_not_grow_beyond_its_limits) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    laughs += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 10; ++k) laughs += fmt::format("*a{},", i - 1);
    laughs += "]\n";
  }
  EXPECT_NE(read(laughs).find("too many values"), std::string::npos);
  EXPECT_NE(read(std::string(100'000, '[')).find("too many levels"), std::string::npos);
}

}  // namespace
}  // namespace ostler::config
