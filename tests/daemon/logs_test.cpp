// Logs of several services, page by page and as they come.
#include <gtest/gtest.h>

#include "answers/asked.hpp"
#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

std::vector<std::string> printed(log_page const& page, std::string const& service = {}) {
  std::vector<std::string> out;
  for (auto const& each : page.lines)
    if (each.kind == log_line_kind::line && (service.empty() || each.service == service))
      out.push_back(each.text);
  return out;
}

// Until the instance has printed that line.
void wait_for_line(joined& all, std::string const& service, std::string const& line) {
  log_query asked{.instance = "web", .service = {service}, .pattern = line, .follow = true};
  auto said = all.answer_to(entry_of<logs_read>, write_request<logs_read>(asked), joined::anybody());
  ASSERT_TRUE(said) << said.error().message;
  auto& bytes = std::get<control::byte_answer>(*said);
  auto const piece = all.run(bytes.source->next());
  ASSERT_TRUE(piece && *piece);
  EXPECT_NE((*piece)->find(line), std::string::npos);
}

TEST(logs, are_put_together_and_read_on_from_a_cursor) {
  joined all;
  all.up("web", {playing("one", {"print", "a1\\na2\\na3\\n", "warn", "e1\\n", "wait"}),
                 playing("two", {"print", "b1\\nb2\\n", "wait"})});
  wait_for_line(all, "one", "e1");
  wait_for_line(all, "two", "b2");
  auto const last = all.ask<logs_read>({.instance = "web"});
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(printed(*last, "one"), (std::vector<std::string>{"a1", "a2", "a3", "e1"}));
  EXPECT_EQ(printed(*last, "two"), (std::vector<std::string>{"b1", "b2"}));
  EXPECT_FALSE(last->truncated);
  log_query asked{.instance = "web", .lines = 2};
  asked.tail = 100;
  std::vector<std::string> read;
  for (int page = 0; page < 10; ++page) {
    auto const part = all.ask<logs_read>(asked);
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_LE(part->matched, 2U);
    for (auto& each : printed(*part)) read.push_back(each);
    asked.tail.reset();
    asked.cursor = part->next_cursor;
    if (!part->truncated) break;
  }
  std::ranges::sort(read);
  EXPECT_EQ(read, (std::vector<std::string>{"a1", "a2", "a3", "b1", "b2", "e1"}));
  log_query err{.instance = "web"};
  err.only = log_stream::err;
  EXPECT_EQ(printed(*all.ask<logs_read>(err)), std::vector<std::string>{"e1"});
}

TEST(logs, of_the_run_before_the_newest_are_given_by_themselves) {
  joined all;
  auto one = playing("one", {"print", "first\\n", "wait"});
  // So it has printed it whenever it runs.
  one.ready.output = "first";
  all.up("web", {one, playing("two", {"print", "alone\\n", "wait"})});
  auto const nothing = all.ask<logs_read>({.instance = "web", .previous = true});
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_TRUE(nothing->lines.empty());
  for (std::uint64_t run = 2; run <= 3; ++run) {
    service_stop const again{.instance = "web", .service = "one", .wait = seconds(60)};
    ASSERT_TRUE(all.ask<services_restart>(again));
    auto const before = all.ask<logs_read>({.instance = "web", .previous = true});
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_EQ(printed(*before), std::vector<std::string>{"first"});
    EXPECT_EQ(before->lines.front().run, run - 1);
  }
  // It survives the daemon, and is what the keeper wrote down.
  all.start_again();
  all.run(answers::wait_until(&all.needs(), all.middle().find("web")->id, seconds(60), [&](auto const* it) {
    return it != nullptr && all.middle().keeper_of(it->id) != nullptr;
  }));
  EXPECT_EQ(printed(*all.ask<logs_read>({.instance = "web", .previous = true})),
            std::vector<std::string>{"first"});
  auto const whole = all.ask<logs_read>({.instance = "web", .service = {"one"}});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->lines.back().run, 3U);
  EXPECT_EQ(all.ask<logs_read>({.instance = "web", .session = "x", .previous = true}).error().code,
            error_code::usage);
}

TEST(logs, go_on_over_restarts_of_a_service_and_of_its_instance) {
  joined all;
  all.up("web", {playing("one", {"print", "begun\\n", "wait"})});
  log_query asked{.instance = "web", .follow = true};
  auto said = all.answer_to(entry_of<logs_read>, write_request<logs_read>(asked), joined::anybody());
  ASSERT_TRUE(said) << said.error().message;
  auto& source = *std::get<control::byte_answer>(*said).source;
  std::string seen;
  auto const wait_for = [&](std::size_t count) {
    auto const begun = [&] {
      std::size_t found = 0;
      for (auto at = seen.find("\"begun\""); at != seen.npos; at = seen.find("\"begun\"", at + 1)) ++found;
      return found;
    };
    while (begun() < count) {
      auto const piece = all.run(source.next());
      ASSERT_TRUE(piece && *piece);
      seen += **piece;
    }
    EXPECT_EQ(begun(), count) << seen;
  };
  wait_for(1);
  ASSERT_TRUE(
      all.ask<services_restart>({.instance = "web", .service = "one", .grace = {}, .wait = seconds(60)}));
  wait_for(2);
  ASSERT_TRUE(all.ask<instances_restart>({.instance = "web", .wait = seconds(60)}));
  wait_for(3);
}

TEST(logs, refuse_what_is_not_there) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  EXPECT_EQ(all.ask<logs_read>({.instance = "wob"}).error().code, error_code::instance_unknown);
  EXPECT_EQ(all.ask<logs_read>({.instance = "web", .service = {"two"}}).error().code,
            error_code::service_unknown);
  EXPECT_EQ(all.ask<logs_read>({.instance = "web", .session = "s9"}).error().code,
            error_code::session_unknown);
  EXPECT_EQ(all.ask<logs_read>({.instance = "web", .cursor = "1~one.x"}).error().code,
            error_code::text_malformed);
  EXPECT_EQ(all.ask<logs_read>({.instance = "web", .pattern = "("}).error().code, error_code::text_malformed);
  ASSERT_TRUE(all.ask<instances_stop>({.instance = "web", .wait = seconds(60)}));
  EXPECT_EQ(all.ask<logs_read>({.instance = "web"}).error().code, error_code::invalid_state);
}

}  // namespace
}  // namespace ostler::test
