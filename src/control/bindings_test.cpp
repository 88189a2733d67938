#include "control/bindings.hpp"

#include <gtest/gtest.h>

#include "async/test/loop.hpp"
#include "control/test/bound.hpp"
#include "operations/all.hpp"

namespace ostler::control {
namespace {

using async::task;

result<answer> ask(bindings& from, std::string_view name, operations::request_parts const& parts,
                   caller who) {
  auto* how = from.find(*operations::find_operation(name));
  if (how == nullptr) return fail(error_code::operation_unknown, "nothing is bound to it");
  auto work = (*how)(parts, nullptr, std::move(who));
  if (!work) return std::unexpected(work.error());
  async::test::loop loop;
  return loop.run(std::move(*work));
}

task<result<operations::exec_output>> echo(operations::exec_query request, caller who) {
  co_return operations::exec_output{.session = request.session + " " + who.actor};
}

TEST(bindings, answer_with_what_was_asked_and_by_whom) {
  bindings all;
  all.bind<operations::exec_read>(echo);
  operations::captured const path[] = {{"instance", "web"}, {"session", "s1"}};
  auto const got = ask(all, "exec.read", {.path = path, .query = {}, .body = {}}, {.actor = "eva"});
  ASSERT_TRUE(got);
  EXPECT_NE(std::get<json_answer>(*got).text.find(R"("session":"s1 eva")"), std::string::npos);
}

TEST(bindings, refuse_what_cannot_be_read_before_anything_is_done) {
  bindings all;
  bool called = false;
  all.bind<operations::exec_read>([&](auto request, auto who) {
    called = true;
    return echo(std::move(request), std::move(who));
  });
  operations::captured const path[] = {{"instance", "web"}, {"session", "s1"}};
  auto const got = ask(all, "exec.read", {.path = path, .query = "lime=3", .body = {}}, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, error_code::usage);
  EXPECT_FALSE(called);
}

TEST(bindings, give_lines_only_when_they_are_asked_for) {
  bindings all;
  test::bind_falsely<operations::logs_read>(all);
  operations::captured const path[] = {{"instance", "web"}};
  auto const page = ask(all, "logs.read", {.path = path, .query = {}, .body = {}}, {});
  ASSERT_TRUE(page);
  EXPECT_TRUE(std::holds_alternative<json_answer>(*page));
  auto const lines = ask(all, "logs.read", {.path = path, .query = "follow", .body = {}}, {});
  ASSERT_TRUE(lines);
  EXPECT_EQ(std::get<byte_answer>(*lines).media, "application/jsonl");
}

TEST(bindings, name_every_operation_that_is_missing) {
  bindings all;
  EXPECT_EQ(all.missing().size(), operations::all().size());
  EXPECT_EQ(all.missing().front(), "instances.list");
  test::bind_all_falsely(all);
  EXPECT_TRUE(all.missing().empty());
}

}  // namespace
}  // namespace ostler::control
