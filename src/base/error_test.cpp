#include "base/error.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/result.hpp"

namespace ostler {
namespace {

TEST(error, every_code_is_found_by_code_and_by_name) {
  for (auto const& entry : all_errors()) {
    EXPECT_EQ(find_error(entry.code), &entry);
    EXPECT_EQ(find_error(entry.name), &entry);
    EXPECT_EQ(&facts(entry.value), &entry);
  }
  EXPECT_EQ(find_error("P9999"), nullptr);
}

TEST(error, every_code_can_be_acted_on) {
  std::set<std::string_view> helps;
  for (auto const& entry : all_errors()) {
    EXPECT_TRUE(entry.code.size() == 5 && entry.code[0] == 'P') << entry.code;
    EXPECT_GE(entry.http_status, 400) << entry.code;
    EXPECT_LE(entry.http_status, 599) << entry.code;
    EXPECT_TRUE((entry.exit_code >= 1 && entry.exit_code <= 8) || entry.exit_code == 124) << entry.code;
    EXPECT_GT(entry.help.size(), 20U) << entry.code;
    EXPECT_EQ(entry.help.back(), '.') << entry.code;
    EXPECT_TRUE(helps.insert(entry.help).second) << entry.code << " repeats a help line";
  }
}

TEST(error, codes_named_in_the_documents_keep_their_meaning) {
  EXPECT_EQ(facts(error_code::not_ready_in_time).code, "P0210");
  EXPECT_EQ(facts(error_code::port_taken).code, "P0301");
  EXPECT_EQ(facts(error_code::work_would_be_lost).code, "P0801");
  EXPECT_EQ(facts(error_code::work_would_be_lost).exit_code, 8);
}

TEST(error, a_result_carries_the_error_whole) {
  result<int> const refused =
      fail(error_code::name_taken, "the name auth is taken", "by ins_1", {"ostler ls"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(),
            (error{error_code::name_taken, "the name auth is taken", "by ins_1", {"ostler ls"}}));
}

}  // namespace
}  // namespace ostler
