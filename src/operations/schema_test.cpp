#include "operations/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operations/all.hpp"
#include "operations/every_shape.hpp"
#include "operations/json_building.hpp"

namespace ostler::operations {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(schema, says_of_a_request_what_reading_does) {
  auto const text = schema_document(shape_of<log_query>, schema_place::query, {"instance"});
  EXPECT_THAT(text, HasSubstr(R"("$schema":"https://json-schema.org/draft/2020-12/schema")"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"("lines":{"type":"integer","minimum":1,"maximum":10000,"description":"At most so many lines.","default":100})"));
  EXPECT_THAT(text, HasSubstr(R"("only":{"$ref":"#/$defs/log_stream")"));
  EXPECT_THAT(text, HasSubstr(R"("log_stream":{"type":"string","enum":["out","err"]})"));
  EXPECT_THAT(text, HasSubstr(R"("additionalProperties":false)"));
  EXPECT_THAT(text, Not(HasSubstr(R"("instance")")));
}

TEST(schema, what_must_be_given_is_required) {
  EXPECT_THAT(schema_document(shape_of<exec_new>, schema_place::body, {"instance"}),
              HasSubstr(R"("required":["command"],"additionalProperties":false)"));
  EXPECT_THAT(schema_document(shape_of<lagged>, schema_place::answer),
              HasSubstr(R"("required":["type","last_seq"])"));
}

TEST(schema, has_the_bounds_that_reading_has) {
  auto const text = schema_document(shape_of<exec_new>, schema_place::body, {"instance"});
  EXPECT_THAT(text, HasSubstr(R"("wait":{"anyOf":[{"type":"integer","minimum":0,"maximum":600000},)"));
  EXPECT_THAT(text, HasSubstr(R"("command":{"type":"array","items":{"type":"string"},"minItems":1,)"));
}

TEST(schema, of_an_answer_does_not_forbid_what_comes_later) {
  auto const text = schema_document(shape_of<instance>, schema_place::answer);
  EXPECT_THAT(text, Not(HasSubstr("additionalProperties")));
  EXPECT_THAT(text, HasSubstr(R"("id":{"type":"string","pattern":"^(ins_[0-9a-z]{26})?$")"));
  EXPECT_THAT(text, HasSubstr(R"("error":{"anyOf":[{"$ref":"#/$defs/error_told"},{"type":"null"}])"));
}

TEST(schema, of_every_value_is_json_and_refers_to_what_is_there) {
  for (auto const* form : every_shape())
    for (auto const place : {schema_place::body, schema_place::query, schema_place::answer}) {
      if (form->kind != shape_kind::structure) continue;
      auto const text = schema_document(*form, place);
      auto const parsed = wire::parse_json(text);
      ASSERT_TRUE(parsed.has_value()) << form->name << ": " << text;
      for (auto at = text.find("#/$defs/"); at != text.npos; at = text.find("#/$defs/", at + 1)) {
        auto const begin = at + 8;
        auto const name = text.substr(begin, text.find('"', begin) - begin);
        ASSERT_NE(parsed->as_object().if_contains("$defs"), nullptr) << form->name;
        EXPECT_NE(parsed->at("$defs").as_object().if_contains(name), nullptr) << form->name << " " << name;
      }
    }
}

TEST(indented, has_a_line_for_each_element) {
  EXPECT_EQ(indented(R"({"a":[1,2],"b":{},"c":"x,{\"y"})"),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"x,{\\\"y\"\n}\n");
}

}  // namespace
}  // namespace ostler::operations
