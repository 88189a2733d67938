#include "operations/all.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>

namespace ostler::operations {
namespace {

using testing::Contains;
using testing::IsNull;
using testing::Not;
using testing::NotNull;

TEST(operations_table, finds_each_operation_by_its_name_and_no_other) {
  for (auto const& entry : all()) EXPECT_EQ(find_operation(entry.about->name), &entry) << entry.about->name;
  EXPECT_THAT(find_operation(""), IsNull());
  EXPECT_THAT(find_operation("instances.lis"), IsNull());
}

TEST(operations_table, holds_everything_that_is_promised) {
  for (auto const* name : {"instances.list",
                           "instances.create",
                           "instances.get",
                           "instances.update",
                           "instances.delete",
                           "instances.start",
                           "instances.stop",
                           "instances.restart",
                           "instances.wait",
                           "services.list",
                           "services.start",
                           "services.stop",
                           "services.restart",
                           "logs.read",
                           "exec.start",
                           "exec.read",
                           "exec.kill",
                           "terminals.open",
                           "terminals.attach",
                           "terminals.resize",
                           "terminals.close",
                           "sessions.list",
                           "files.read",
                           "files.write",
                           "files.list",
                           "files.stat",
                           "files.make",
                           "files.remove",
                           "files.move",
                           "files.pack",
                           "files.unpack",
                           "ports.list",
                           "ports.forward",
                           "agents.connect",
                           "agents.list",
                           "agents.get",
                           "agents.start",
                           "agents.stop",
                           "agents.stop_all",
                           "agents.heartbeat",
                           "agents.status",
                           "agents.report_error",
                           "agents.is_healthy",
                           "agents.count",
                           "agents.subscribe",
                           "agents.health_check",
                           "events.list",
                           "events.subscribe",
                           "providers.types",
                           "providers.list",
                           "providers.get",
                           "providers.test",
                           "resources.list",
                           "leaks.list",
                           "leaks.remove",
                           "prune",
                           "status",
                           "doctor",
                           "metrics",
                           "health",
                           "version"})
    EXPECT_THAT(find_operation(name), NotNull()) << name;
}

TEST(operations_table, gives_agents_at_most_twelve_tools_by_default) {
  EXPECT_LE(std::ranges::count_if(
                all(), [](operation_entry const& entry) { return entry.about->tool.set == tool_set::core; }),
            12);
}

TEST(operations_table, a_word_beside_a_placeholder_is_only_where_it_is_told) {
  // GET /api/v1/agents/connect and GET /api/v1/agents/{agent}: the help of the former says what follows.
  std::map<std::string, std::set<std::string>> below;
  for (auto const& entry : all()) {
    std::string parent(name(entry.about->method));
    each_segment(entry.about->path, [&](std::string_view segment) {
      below[parent].emplace(segment);
      parent.append("/").append(segment);
      return true;
    });
  }
  std::set<std::string> doubtful;
  for (auto const& [parent, segments] : below) {
    auto const placeholders = std::ranges::count_if(segments, is_placeholder);
    EXPECT_LE(placeholders, 1) << parent << " has placeholders of different names";
    if (placeholders == 0) continue;
    for (auto const& segment : segments)
      if (!is_placeholder(segment)) doubtful.insert(parent + "/" + segment);
  }
  EXPECT_EQ(doubtful, std::set<std::string>{"GET/api/v1/agents/connect"});
}

TEST(errors_of, follow_from_what_the_operation_is) {
  auto const of = [](char const* name) { return errors_of(*find_operation(name)); };
  EXPECT_THAT(of("instances.get"), Contains(error_code::instance_unknown));
  EXPECT_THAT(of("instances.get"), Contains(error_code::not_authorized));
  EXPECT_THAT(of("instances.get"), Not(Contains(error_code::storage_failed)));
  EXPECT_THAT(of("instances.create"), Contains(error_code::storage_failed));
  EXPECT_THAT(of("instances.create"), Contains(error_code::body_too_large));
  EXPECT_THAT(of("exec.start"), Contains(error_code::link_lost));
  // Also what takes nothing refuses what it is given.
  EXPECT_THAT(of("version"), Contains(error_code::usage));
  EXPECT_THAT(of("version"), Not(Contains(error_code::value_unknown)));
}

TEST(errors_of, are_sorted_and_each_stands_once) {
  for (auto const& entry : all()) {
    auto const errors = errors_of(entry);
    EXPECT_TRUE(std::ranges::is_sorted(errors)) << entry.about->name;
    EXPECT_EQ(std::set(errors.begin(), errors.end()).size(), errors.size()) << entry.about->name;
  }
}

TEST(names, of_all_words_of_the_table_are_said) {
  EXPECT_EQ(name(http_method::remove), "DELETE");
  EXPECT_EQ(name(http_method::patch), "PATCH");
  EXPECT_EQ(name(http_method::put), "PUT");
  EXPECT_EQ(name(operation_kind::destroy), "destroy");
  EXPECT_EQ(name(operation_scope::one_instance), "one_instance");
  EXPECT_EQ(name(operation_transport::websocket), "websocket");
  EXPECT_EQ(name(tool_set::files), "files");
}

}  // namespace
}  // namespace ostler::operations
