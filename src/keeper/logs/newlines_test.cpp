#include "keeper/logs/newlines.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace ostler::keeper {
namespace {

TEST(counting_newlines, is_right_at_every_length_and_alignment) {
  std::string text(20'000, 'x');
  for (std::size_t at = 0; at < text.size(); at += 1 + at % 7) text[at] = '\n';
  for (std::size_t from = 0; from < 65; ++from)
    for (std::size_t size = 0; from + size < text.size(); size += 1 + size / 3) {
      auto const part = std::string_view(text).substr(from, size);
      ASSERT_EQ(count_newlines(as_bytes(part)), std::ranges::count(part, '\n')) << from << " " << size;
    }
}

TEST(counting_newlines, does_not_overflow_where_there_is_nothing_else) {
  std::string const text(3 * 64 * 256 + 17, '\n');
  EXPECT_EQ(count_newlines(as_bytes(text)), text.size());
}

TEST(counting_newlines, takes_no_other_byte_for_one) {
  std::string text;
  for (int round = 0; round < 64; ++round)
    for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  EXPECT_EQ(count_newlines(as_bytes(text)), 64U);
}

}  // namespace
}  // namespace ostler::keeper
