#include "operations/openapi.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "operations/all.hpp"
#include "operations/json_building.hpp"
#include "tests/support/golden.hpp"

namespace ostler::operations {
namespace {

wire::json_value const& document() {
  static auto const parsed = wire::parse_json(openapi_document());
  EXPECT_TRUE(parsed.has_value());
  return *parsed;
}

// "#/components/schemas/instance", or null.
wire::json_value const* resolve(std::string_view reference) {
  if (!reference.starts_with("#/")) return nullptr;
  auto const* at = &document();
  auto const reached = each_segment(reference.substr(1), [&](std::string_view segment) {
    auto const* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains({segment.data(), segment.size()});
    return at != nullptr;
  });
  return reached ? at : nullptr;
}

void gather_references(std::set<std::string>& found, wire::json_value const& value) {
  if (auto const* array = value.if_array())
    for (auto const& one : *array) gather_references(found, one);
  if (auto const* object = value.if_object())
    for (auto const& [key, one] : *object) {
      if (key == "$ref") found.insert(std::string(one.as_string()));
      gather_references(found, one);
    }
}

wire::json_value const& operation_of(operation_entry const& entry) {
  std::string method(name(entry.about->method));
  for (auto& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return document().at("paths").at({entry.about->path.data(), entry.about->path.size()}).at(method);
}

TEST(openapi, is_the_file_in_the_tree) { expect_golden("api/openapi.json", openapi_document()); }

TEST(openapi, every_reference_leads_somewhere) {
  std::set<std::string> found;
  gather_references(found, document());
  EXPECT_GT(found.size(), 50U);
  for (auto const& one : found) EXPECT_NE(resolve(one), nullptr) << one;
}

TEST(openapi, every_component_is_referred_to) {
  std::set<std::string> found;
  gather_references(found, document());
  for (auto const& [name, schema] : document().at("components").at("schemas").as_object())
    EXPECT_TRUE(found.contains("#/components/schemas/" + std::string(name))) << name;
}

TEST(openapi, every_operation_is_there_under_its_name) {
  std::set<std::string> ids;
  for (auto const& [path, methods] : document().at("paths").as_object())
    for (auto const& [method, operation] : methods.as_object())
      EXPECT_TRUE(ids.insert(std::string(operation.at("operationId").as_string())).second);
  EXPECT_EQ(ids.size(), all().size());
  for (auto const& entry : all())
    EXPECT_TRUE(ids.contains(std::string(entry.about->name))) << entry.about->name;
}

TEST(openapi, every_error_code_has_a_response) {
  for (auto const& entry : all())
    for (auto const code : errors_of(entry)) {
      auto const& known = facts(code);
      auto const& responses = operation_of(entry).at("responses").as_object();
      auto const* response = responses.if_contains(fmt::format("{}", known.http_status));
      ASSERT_NE(response, nullptr) << entry.about->name << " " << known.name;
      EXPECT_THAT(std::string(response->at("description").as_string()),
                  testing::HasSubstr(std::string(known.name)));
    }
}

TEST(openapi, every_placeholder_is_a_parameter_that_must_be_given) {
  for (auto const& entry : all())
    each_segment(entry.about->path, [&](std::string_view segment) {
      if (!is_placeholder(segment)) return true;
      bool found = false;
      for (auto const& one : operation_of(entry).at("parameters").as_array())
        if (auto const* name = one.as_object().if_contains("name"); name != nullptr && one.at("in") == "path")
          found |= name->as_string() == placeholder_name(segment) && one.at("required").as_bool();
      EXPECT_TRUE(found) << entry.about->name << " " << segment;
      return true;
    });
}

}  // namespace
}  // namespace ostler::operations
