#include "wire/utf8.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

TEST(is_utf8, refuses_what_only_looks_like_it) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("€ 𝄞"));
  for (auto const* bad : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace ostler::wire
