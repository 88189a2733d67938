#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace ostler {
namespace {

TEST(bytes, text_goes_there_and_back) {
  std::string_view const text("a\0b", 3);
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(as_text(as_bytes(text)), text);
}

TEST(fingerprint, depends_on_every_part_and_where_it_ends) {
  auto of = [](std::string_view one, std::string_view two) {
    return fingerprint().add(one).add(two).value();
  };
  EXPECT_EQ(of("ab", "c"), of("ab", "c"));
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
  EXPECT_NE(of("ab", ""), of("", "ab"));
  EXPECT_NE(fingerprint().add(1U).value(), fingerprint().add(2U).value());
}

}  // namespace
}  // namespace ostler
