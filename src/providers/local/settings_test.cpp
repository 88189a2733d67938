#include "providers/local/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::providers::local {
namespace {

using testing::HasSubstr;

TEST(settings_of_a_local_place, are_the_checkout_itself_when_nothing_is_said) {
  EXPECT_EQ(parse_settings("")->mode, workspace_mode::in_place);
  EXPECT_EQ(parse_settings("{}")->mode, workspace_mode::in_place);
}

TEST(settings_of_a_local_place, name_the_mode_and_what_is_not_copied) {
  auto const read = parse_settings(R"({"mode":"copy","exclude":["node_modules"]})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->mode, workspace_mode::copy);
  EXPECT_EQ(read->exclude, std::vector<std::string>{"node_modules"});
}

// Whoever wrote it meant something by it.
TEST(settings_of_a_local_place, that_are_unknown_are_refused_by_name) {
  auto const read = parse_settings(R"({"workspace":"copy"})");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, error_code::provider_refused);
  EXPECT_THAT(read.error().message, HasSubstr("'workspace' is unknown; allowed: mode, exclude"));
}

}  // namespace
}  // namespace ostler::providers::local
