#include "base/name.hpp"

#include <gtest/gtest.h>

namespace ostler {
namespace {

TEST(name, dns_labels_are_names) {
  for (auto const* text : {"a", "0", "feat-a", "a--b", "web3"})
    EXPECT_EQ(parse_name("instance name", text), text);
  EXPECT_TRUE(parse_name("instance name", std::string(63, 'a')).has_value());
}

TEST(name, anything_else_is_refused_with_the_value_and_what_is_allowed) {
  for (auto const& text :
       {std::string(), std::string("-a"), std::string("a-"), std::string("A"), std::string("a.b"),
        std::string("a_b"), std::string("a b"), std::string("../x"), std::string("a\n"), std::string(64, 'a'),
        std::string("ä"), std::string("--upload-pack=x"), std::string("a\0b", 3), std::string(10'000, 'x')}) {
    auto const refused = parse_name("instance name", text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, error_code::name_invalid);
    EXPECT_NE(refused.error().message.find(in_quotes(text)), std::string::npos);
    EXPECT_NE(refused.error().message.find("allowed: 1 to 63"), std::string::npos);
    EXPECT_LT(refused.error().message.size(), 300U);
  }
}

TEST(in_quotes, shows_control_characters_and_cuts_long_text) {
  EXPECT_EQ(in_quotes("a\x1b[31m\n"), "'a\\x1b[31m\\x0a'");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "'" + std::string(80, 'x') + "...' (100 bytes)");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "ää"), "'" + std::string(79, 'x') + "...' (83 bytes)");
}

}  // namespace
}  // namespace ostler
