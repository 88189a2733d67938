#include "config/schema.hpp"

#include <gtest/gtest.h>

#include "config/json_tree.hpp"
#include "tests/support/golden.hpp"

namespace ostler::config {
namespace {

TEST(the_schema, is_the_table_of_keys_in_the_code) {
  EXPECT_TRUE(parse_json(json_schema())) << "it is JSON";
  expect_golden("api/ostler.schema.json", json_schema());
}

TEST(the_page_about_ostler_toml, is_the_table_of_keys_in_the_code) {
  expect_golden("docs/reference/ostler-toml.md", config_reference());
}

}  // namespace
}  // namespace ostler::config
