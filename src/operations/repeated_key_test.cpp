#include "operations/repeated_key.hpp"

#include <gtest/gtest.h>

namespace ostler::operations {
namespace {

TEST(a_repeated_key, is_found_at_every_depth_and_however_it_is_written) {
  EXPECT_EQ(repeated_key(R"({"force":false,"force":true})"), "force");
  EXPECT_EQ(repeated_key(R"({"force":false, "f\u006frce" : true})"), "force");
  EXPECT_EQ(repeated_key(R"([1,{"a":[{"b":1,"c":"}","b":2}]}])"), "b");
  EXPECT_EQ(repeated_key(R"({"":1,"":2})"), "");
}

TEST(a_repeated_key, is_none_in_another_object_or_in_a_text) {
  EXPECT_FALSE(repeated_key(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}})"));
  EXPECT_FALSE(repeated_key(R"({"a":"a","b":"\"a\":","c":["a","a"]})"));
  EXPECT_FALSE(repeated_key("{}"));
  EXPECT_FALSE(repeated_key(R"("a")"));
}

}  // namespace
}  // namespace ostler::operations
