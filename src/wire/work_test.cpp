#include "wire/work.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

TEST(a_list_of_what_was_put, is_read_as_it_was_written_whatever_the_names) {
  put_list const list{{"a b", "f12"}, {"new\nline", "l34"}, {"\xff\xfe", "f56"}};
  auto const read = read_put_list(write_put_list(list));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, list);
  EXPECT_TRUE(read_put_list("")->empty());
}

TEST(a_list_of_what_was_put, is_refused_when_it_is_damaged) {
  using namespace std::string_view_literals;
  for (auto const text : {"f12 a"sv, "f12\0"sv, " a\0"sv, "f12 \0"sv, "f12 a\0f3"sv})
    EXPECT_FALSE(read_put_list(text)) << text;
}

}  // namespace
}  // namespace ostler::wire
