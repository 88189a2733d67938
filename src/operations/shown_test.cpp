#include "operations/shown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::operations {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(shown, what_is_no_utf8_is_escaped_and_the_rest_stays) {
  EXPECT_EQ(shown("grün"), "'grün'");
  EXPECT_EQ(shown("a\xff"), "'a\\xff'");
  EXPECT_EQ(shown("\xc3"), "'\\xc3'");
  EXPECT_EQ(shown("ü\xffü"), "'ü\\xffü'");
  EXPECT_EQ(shown("a\nb"), "'a\\x0ab'");
}

TEST(shown, a_long_text_is_cut_and_stays_utf8) {
  std::string text(79, 'a');
  text += "ü and more";
  EXPECT_TRUE(is_utf8(shown(text)));
  EXPECT_LT(shown(std::string(10'000, '\xff')).size(), 400U);
}

TEST(near_names, are_those_that_somebody_may_have_meant) {
  std::vector<std::string_view> const words{"state", "provider", "project", "attention", "name"};
  EXPECT_THAT(near_names("stat", words), ElementsAre("state"));
  EXPECT_THAT(near_names("projcet", words), ElementsAre("project"));
  EXPECT_THAT(near_names("colour", words), IsEmpty());
  EXPECT_THAT(near_names("", words), IsEmpty());
  EXPECT_THAT(near_names(std::string(10'000, 's'), words), IsEmpty());
  EXPECT_EQ(did_you_mean("pro", words), "; did you mean 'project' or 'provider'?");
  EXPECT_EQ(did_you_mean("x", words), "");
}

}  // namespace
}  // namespace ostler::operations
