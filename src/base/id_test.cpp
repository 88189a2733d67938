#include "base/id.hpp"

#include <gtest/gtest.h>

#include "base/chance.hpp"

namespace ostler {
namespace {

TEST(id, is_written_with_its_kind_and_read_back) {
  chance source(1);
  for (int i = 0; i < 1000; ++i) {
    auto const made =
        instance_id::make(wall_time(milliseconds(1'795'263'363'041)), source.bits(), source.bits());
    EXPECT_EQ(made.text().size(), 30U);
    EXPECT_TRUE(made.text().starts_with("ins_"));
    EXPECT_EQ(instance_id::parse(made.text()).value(), made);
    EXPECT_EQ("ins_" + made.bare(), made.text());
  }
}

TEST(id, sorts_by_age_as_value_and_as_text) {
  auto const older = service_id::make(wall_time(milliseconds(1'000)), ~0ULL, ~0ULL);
  auto const newer = service_id::make(wall_time(milliseconds(1'001)), 0, 0);
  EXPECT_LT(older, newer);
  EXPECT_LT(older.text(), newer.text());
}

TEST(id, its_bytes_are_read_back_and_sort_as_it_does) {
  chance source(2);
  auto before = instance_id::make(wall_time(milliseconds(1)), source.bits(), source.bits());
  for (int i = 2; i < 1000; ++i) {
    auto const made = instance_id::make(wall_time(milliseconds(i)), source.bits(), source.bits());
    EXPECT_EQ(instance_id::from_bytes(made.bytes()).value(), made);
    EXPECT_LT(before.bytes(), made.bytes());
    before = made;
  }
  EXPECT_EQ(before.bytes()[5], std::byte(999 & 0xff));
  EXPECT_FALSE(instance_id::from_bytes(as_bytes("too short")));
}

TEST(id, the_empty_one_names_nothing) {
  EXPECT_FALSE(instance_id());
  EXPECT_TRUE(instance_id::make(wall_time(milliseconds(1)), 0, 0));
}

TEST(id, another_kind_or_nonsense_is_refused) {
  auto const service = service_id::make(wall_time(milliseconds(1)), 2, 3).text();
  for (auto const& text :
       {service, std::string(), std::string("ins_"), "ins_" + std::string(26, 'u'),
        "ins_" + std::string(26, 'z'), "ins_" + std::string(27, '0'), "ins_" + std::string(25, '0') + "\n"}) {
    auto const refused = instance_id::parse(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, error_code::text_malformed);
  }
}

TEST(id, a_refusal_is_one_short_line_whatever_was_given) {
  for (auto const& text : {std::string("ins_\n\x1b[2J"), std::string(100'000, 'x')}) {
    auto const message = instance_id::parse(text).error().message;
    EXPECT_EQ(message.find_first_of("\n\x1b"), std::string::npos);
    EXPECT_LT(message.size(), 500U);
  }
}

}  // namespace
}  // namespace ostler
