#include "operations/field_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>

#include "operations/every_shape.hpp"

namespace ostler::operations {
namespace {

TEST(fields, every_field_of_every_value_has_a_sentence) {
  for (auto const* form : every_shape())
    for (auto const& field : form->members)
      EXPECT_NE(facts_of(form->name, field.name), nullptr)
          << form->name << "." << field.name << " has no line in fields.def";
}

TEST(fields, every_line_is_about_a_field_that_there_is) {
  std::set<std::pair<std::string_view, std::string_view>> used;
  for (auto const* form : every_shape())
    for (auto const& field : form->members)
      if (auto const* about = facts_of(form->name, field.name)) used.emplace(about->owner, about->field);
  for (auto const& one : all_fields())
    EXPECT_TRUE(used.contains({one.owner, one.field}))
        << one.owner << "." << one.field << " is told in fields.def and is nowhere";
}

TEST(fields, a_name_means_one_struct) {
  std::set<std::string_view> names;
  for (auto const* form : every_shape()) EXPECT_TRUE(names.insert(form->name).second) << form->name;
}

TEST(fields, sentences_are_sentences) {
  for (auto const& one : all_fields()) {
    EXPECT_TRUE(one.sentence.ends_with('.')) << one.owner << "." << one.field;
    EXPECT_GE(one.sentence.size(), 8U) << one.owner << "." << one.field;
  }
}

TEST(field_rules, say_what_they_allow_and_allow_it) {
  auto const rule = [](char const* owner, char const* field) { return facts_of(owner, field)->rule; };
  auto const name = rule("instance_new", "name");
  EXPECT_TRUE(allows_text(name, "web-1"));
  for (auto const* bad : {"", "-web", "web-", "Web", "../web", "web\n", "w\xff"})
    EXPECT_FALSE(allows_text(name, bad)) << bad;
  EXPECT_FALSE(allows_text(name, std::string(64, 'a')));

  auto const service = rule("service_spec", "name");
  EXPECT_TRUE(service.required);
  EXPECT_TRUE(allows_text(service, "timestamps"));
  EXPECT_FALSE(allows_text(service, "timestamp"));

  auto const instance = rule("instance_named", "instance");
  EXPECT_TRUE(allows_text(instance, "ins_01k9"));
  for (auto const* bad : {"", "..", "-x", "a/b", "a b", "a%b"})
    EXPECT_FALSE(allows_text(instance, bad)) << bad;

  auto const branch = rule("instance_new", "branch");
  EXPECT_TRUE(allows_text(branch, "feature/login"));
  for (auto const* bad : {"", "--upload-pack=x", "a b", "a\nb"})
    EXPECT_FALSE(allows_text(branch, bad)) << bad;

  auto const env = rule("exec_new", "env");
  for (auto const* good : {"A=", "A=b=c", "path.x=\n"}) EXPECT_TRUE(allows_text(env, good)) << good;
  for (auto const* bad : {"", "A", "=b", "="}) EXPECT_FALSE(allows_text(env, bad)) << bad;

  auto const until = rule("instance_wait", "until");
  for (auto const* good : {"ready", "deleted", "service:web"}) EXPECT_TRUE(allows_text(until, good)) << good;
  for (auto const* bad : {"", "read", "service:", "service:-x", "service"})
    EXPECT_FALSE(allows_text(until, bad)) << bad;

  for (auto const& one : all_fields())
    EXPECT_EQ(allowed_by(one.rule).empty(), one.rule.kind == rule_kind::any) << one.field;
}

}  // namespace
}  // namespace ostler::operations
