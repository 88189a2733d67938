#include "operations/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::operations {
namespace {

TEST(percent, comes_back_whatever_it_was) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  auto const encoded = percent_encoded(every);
  EXPECT_EQ(*percent_decoded("it", encoded, plus_sign::is_a_blank), every);
  EXPECT_EQ(*percent_decoded("it", encoded, plus_sign::is_itself), every);
  EXPECT_EQ(percent_encoded("a-b._~Z9 /"), "a-b._~Z9%20%2F");
}

TEST(percent, a_plus_is_a_blank_only_in_a_query) {
  EXPECT_EQ(*percent_decoded("it", "a+b%2b", plus_sign::is_a_blank), "a b+");
  EXPECT_EQ(*percent_decoded("it", "a+b%2B", plus_sign::is_itself), "a+b+");
}

TEST(percent, what_is_not_well_encoded_is_refused) {
  for (auto const* bad : {"%", "%2", "%zz", "a%", "%%", "%2g"}) {
    auto const read = percent_decoded("it", bad, plus_sign::is_itself);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().code, error_code::text_malformed);
  }
}

TEST(query, is_split_into_its_pairs_in_their_order) {
  auto const pairs = split_query("a=1&b&&a=2=3&c=&=x");
  ASSERT_TRUE(pairs.has_value());
  std::string text;
  for (auto const& [key, value, bare] : *pairs) text += key + (bare ? "" : "=") + value + ";";
  EXPECT_EQ(text, "a=1;b;a=2=3;c=;=x;");
  EXPECT_TRUE(split_query("")->empty());
}

TEST(query, has_a_limit) {
  EXPECT_EQ(split_query(std::string(query_size_max + 1, 'a')).error().code, error_code::body_too_large);
  std::string many;
  for (std::size_t i = 0; i <= query_keys_max; ++i) many += "a=1&";
  EXPECT_EQ(split_query(many).error().code, error_code::body_too_large);
}

}  // namespace
}  // namespace ostler::operations
