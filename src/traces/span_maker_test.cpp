// Spans of what a real fleet tells, whose world is played.
#include "traces/span_maker.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <iterator>

#include "lifecycle/fleet/test/driven_fleet.hpp"
#include "tests/support/golden.hpp"

namespace ostler::traces {
namespace {

using lifecycle::order_kind;

// A fleet in which each answer takes ten milliseconds, and what is made of its events.
struct told_fleet {
  void hear() {
    for (; told < world.events.size(); ++told) {
      auto const& what = world.events[told];
      std::ranges::move(maker.heard(what, world.all.find(what.instance)), std::back_inserter(spans));
    }
  }
  void settle() {
    do {
      hear();
      world.wall += 10ms;
    } while (world.answer());
    hear();
  }
  // All is answered well until an order of this kind stands first.
  void settle_until(order_kind kind) {
    auto stands_first = [&] {
      auto const* given = std::get_if<lifecycle::order>(&world.orders.front().what);
      return given != nullptr && given->kind == kind;
    };
    while (!world.orders.empty() && !stands_first()) {
      hear();
      world.wall += 10ms;
      world.answer();
    }
    hear();
  }
  // The order that stands first fails for good.
  void fail_order(std::string const& why) {
    auto const given = world.orders.front();
    world.orders.pop_front();
    auto const number = std::get<lifecycle::order>(given.what).number;
    error const reason{.code = error_code::port_taken, .message = why, .detail = {}, .hints = {}};
    world.wall += 10ms;
    world.give(lifecycle::for_instance{given.who, lifecycle::step_failed{number, reason, false}});
    hear();
  }
  // What the keeper of the one instance says of its one service.
  void report(std::string const& service, std::string const& state, std::string const& why = {}) {
    auto const& it = world.at("web");
    world.wall += 10ms;
    lifecycle::services_reported said{it.generation,
                                      it.services_seq + 1,
                                      {{.name = service, .state = state, .message = why, .error = why}}};
    world.give(lifecycle::for_instance{it.id, std::move(said)});
    hear();
  }
  std::vector<span> roots() const {
    std::vector<span> out;
    std::ranges::copy_if(spans, std::back_inserter(out), [](span const& one) { return one.parent.empty(); });
    return out;
  }

  lifecycle::driven_fleet world;
  span_maker maker{7};
  std::size_t told = 0;
  std::vector<span> spans;
};

std::string value_of(span const& one, std::string_view key) {
  for (auto const& [name, value] : one.attributes)
    if (name == key) return value;
  return {};
}

// Without the id of the instance: names are easier to read.
std::string text_of(std::vector<span> const& spans) {
  std::string out;
  wall_time const begin{std::chrono::days(20'000)};
  for (auto const& one : spans) {
    out += fmt::format("{} {} < {}: {}, {} to {} ms", one.trace, one.id,
                       one.parent.empty() ? "nothing" : one.parent, one.name, (one.start - begin).count(),
                       (one.end - begin).count());
    if (one.status == span_status::failed) out += fmt::format(", failed: {}", one.message);
    for (auto const& [key, value] : one.attributes)
      if (key != "ostler.instance.id") out += fmt::format("\n    {} = {}", key, value);
    out += '\n';
  }
  return out;
}

TEST(a_way, is_a_trace_with_its_phases_and_services) {
  told_fleet all;
  all.world.create({.name = "web", .provider = "docker", .services = {{.name = "server"}}});
  all.world.start("web");
  all.settle_until(order_kind::start_services);
  all.report("server", "starting");
  all.settle();
  all.world.stop("web");
  all.settle();
  all.world.remove("web");
  all.settle();
  EXPECT_EQ(all.maker.under_way(), 0U);
  expect_golden("src/traces/golden/up_down_deleted.txt", text_of(all.spans));
}

TEST(a_way, is_given_with_its_root_last_and_every_child_within_it) {
  told_fleet all;
  all.world.create("web");
  all.world.start("web");
  all.settle();
  ASSERT_FALSE(all.spans.empty());
  auto const& root = all.spans.back();
  EXPECT_EQ(root.name, "instance up");
  EXPECT_EQ(value_of(root, "ostler.result"), "running");
  for (auto const& one : all.spans) {
    EXPECT_EQ(one.trace, root.trace);
    EXPECT_GE(one.start, root.start);
    EXPECT_LE(one.end, root.end);
    if (&one != &root) EXPECT_EQ(one.parent, root.id);
  }
}

TEST(a_start_that_fails, is_one_trace_that_says_where_and_why) {
  told_fleet all;
  all.world.create("web");
  all.world.start("web");
  all.settle_until(order_kind::launch);
  all.fail_order("port 80 is taken");
  all.settle();
  auto const roots = all.roots();
  ASSERT_EQ(roots.size(), 1U);
  EXPECT_EQ(roots.front().status, span_status::failed);
  EXPECT_EQ(roots.front().message, "port 80 is taken");
  EXPECT_EQ(value_of(roots.front(), "ostler.result"), "failed");
  EXPECT_EQ(value_of(roots.front(), "error.type"), "port_taken");
  std::vector<std::string> failed;
  for (auto const& one : all.spans)
    if (!one.parent.empty() && one.status == span_status::failed) failed.push_back(one.name);
  EXPECT_EQ(failed, std::vector<std::string>{"launching"});
}

TEST(a_service_that_fails, says_so_in_its_own_span) {
  told_fleet all;
  all.world.create({.name = "web", .provider = "docker", .services = {{.name = "server"}}});
  all.world.start("web");
  all.settle_until(order_kind::start_services);
  all.report("server", "starting");
  all.report("server", "error", "it exited with 3");
  auto const found = std::ranges::find(all.spans, "service start", &span::name);
  ASSERT_NE(found, all.spans.end());
  EXPECT_EQ(found->status, span_status::failed);
  EXPECT_EQ(found->message, "it exited with 3");
  EXPECT_EQ(value_of(*found, "ostler.service"), "server");
  EXPECT_EQ(found->end - found->start, 10ms);
}

TEST(a_start_that_is_given_up, ends_where_the_way_down_begins) {
  told_fleet all;
  all.world.create("web");
  all.world.start("web");
  all.settle_until(order_kind::launch);
  all.world.stop("web");
  all.settle();
  auto const roots = all.roots();
  ASSERT_EQ(roots.size(), 2U);
  EXPECT_EQ(roots[0].name, "instance up");
  EXPECT_EQ(value_of(roots[0], "ostler.result"), "stopping");
  EXPECT_EQ(roots[0].status, span_status::unset);
  EXPECT_EQ(roots[1].name, "instance down");
  EXPECT_EQ(value_of(roots[1], "ostler.result"), "stopped");
  EXPECT_NE(roots[0].trace, roots[1].trace);
}

TEST(a_way_that_began_before_we_listened, says_so) {
  told_fleet all;
  all.world.create("web");
  all.world.start("web");
  all.settle_until(order_kind::launch);
  all.maker = span_maker(8);
  all.world.crash();
  all.settle();
  auto const roots = all.roots();
  ASSERT_EQ(roots.size(), 1U);
  EXPECT_EQ(value_of(roots.front(), "ostler.continued"), "true");
  EXPECT_EQ(value_of(roots.front(), "ostler.result"), "running");
}

TEST(a_span, never_ends_before_it_begins) {
  told_fleet all;
  all.world.create("web");
  all.world.start("web");
  all.hear();
  all.world.wall -= 1h;
  all.settle();
  for (auto const& one : all.spans) EXPECT_LE(one.start, one.end) << one.name;
}

}  // namespace
}  // namespace ostler::traces
