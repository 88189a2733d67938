// What the settings say reaches the daemon: every key of the schema, one by one.
#include "cli/verbs/up_request.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "config/keys.hpp"
#include "config/reader.hpp"
#include "wire/json.hpp"

namespace ostler::cli {
namespace {

// Each key of the schema on a line of its own, with another value than its preset.
struct line {
  std::string_view key;
  std::string_view text;
};

constexpr line lines[] = {
    {"version", "version = 1"},
    {"provider", "provider = \"docker\""},
    {"env_file", "env_file = [\"all.env\"]"},
    {"setup.run", "setup.run = [\"make\"]"},
    {"setup.copy", "setup.copy = [\"secret\"]"},
    {"teardown.run", "teardown.run = [\"clean\"]"},
    {"env", "env.A = \"1\""},
    {"agent.run", "agent.run = \"claude\""},
    {"limits.memory", "limits.memory = \"1G\""},
    {"limits.cpus", "limits.cpus = 2"},
    {"limits.pids", "limits.pids = 70"},
    {"limits.open_files", "limits.open_files = 700"},
    {"service.db.run", "service.db.run = \"postgres\""},
    {"service.web.run", "service.web.run = [\"serve\", \"-x\"]"},
    {"service.web.kind", "service.web.kind = \"task\""},
    {"service.web.workdir", "service.web.workdir = \"sub\""},
    {"service.web.env", "service.web.env.B = \"2\""},
    {"service.web.env_file", "service.web.env_file = [\"web.env\"]"},
    {"service.web.websocket", "service.web.websocket = \"/agent\""},
    {"service.web.heartbeat.every", "service.web.heartbeat.every = \"7s\""},
    {"service.web.heartbeat.missed", "service.web.heartbeat.missed = 7"},
    {"service.web.needs", "service.web.needs = [\"db\"]"},
    {"service.web.port", "service.web.port = 3001"},
    {"service.web.ready.output", "service.web.ready.output = \"up\""},
    {"service.web.ready.tcp", "service.web.ready.tcp = true"},
    {"service.web.ready.http.path", "service.web.ready.http.path = \"/up\""},
    {"service.web.ready.http.port", "service.web.ready.http.port = 3002"},
    {"service.web.ready.http.status", "service.web.ready.http.status = 204"},
    {"service.web.ready.http.body", "service.web.ready.http.body = \"ok\""},
    {"service.web.ready.exec", "service.web.ready.exec = [\"true\"]"},
    {"service.web.ready.notify", "service.web.ready.notify = true"},
    {"service.web.ready.registered", "service.web.ready.registered = true"},
    {"service.web.ready.timeout", "service.web.ready.timeout = \"7s\""},
    {"service.web.ready.every", "service.web.ready.every = \"70ms\""},
    {"service.web.ready.every_ready", "service.web.ready.every_ready = \"7s\""},
    {"service.web.ready.look_timeout", "service.web.ready.look_timeout = \"7s\""},
    {"service.web.alive.tcp", "service.web.alive.tcp = true"},
    {"service.web.alive.http.path", "service.web.alive.http.path = \"/up\""},
    {"service.web.alive.http.port", "service.web.alive.http.port = 3002"},
    {"service.web.alive.http.status", "service.web.alive.http.status = 204"},
    {"service.web.alive.http.body", "service.web.alive.http.body = \"ok\""},
    {"service.web.alive.exec", "service.web.alive.exec = [\"true\"]"},
    {"service.web.alive.every", "service.web.alive.every = \"7s\""},
    {"service.web.alive.look_timeout", "service.web.alive.look_timeout = \"7s\""},
    {"service.web.alive.failures", "service.web.alive.failures = 7"},
    {"service.web.restart.on", "service.web.restart.on = \"always\""},
    {"service.web.restart.max", "service.web.restart.max = 7"},
    {"service.web.restart.window", "service.web.restart.window = \"7s\""},
    {"service.web.restart.backoff", "service.web.restart.backoff = \"7s..70s\""},
    {"service.web.stop.signal", "service.web.stop.signal = \"INT\""},
    {"service.web.stop.run", "service.web.stop.run = [\"halt\"]"},
    {"service.web.stop.timeout", "service.web.stop.timeout = \"7s\""},
    {"service.web.limits.memory", "service.web.limits.memory = \"1G\""},
    {"service.web.limits.cpus", "service.web.limits.cpus = 2"},
    {"service.web.limits.pids", "service.web.limits.pids = 70"},
    {"service.web.limits.open_files", "service.web.limits.open_files = 700"},
    {"service.web.user", "service.web.user = \"1000\""},
    {"service.web.autostart", "service.web.autostart = false"},
    {"service.web.open", "service.web.open = true"},
    {"service.web.required", "service.web.required = false"},
};

// Version 1 is all there is; the agent is another request's.
bool is_elsewhere(std::string_view key) { return key == "version" || key.starts_with("agent."); }

// Every key below `path`, as the tables of the schema have them.
class keys_of {
 public:
  template <class T> void add(std::string const& path) {
    config::for_each_key<T>([&](auto const& one) {
      auto const inner = path.empty() ? std::string(one.name) : path + "." + std::string(one.name);
      enter(one.looks, inner);
    });
  }
  std::set<std::string> all;

 private:
  template <class Value> static Value held(Value);
  template <class Value> static Value held(std::optional<Value>);
  template <class Value> static Value held(std::vector<Value>);
  template <class Owner, class Value> static decltype(held(std::declval<Value>())) behind(Value Owner::*);

  template <class Looks> void enter(Looks, std::string const& path) { all.insert(path); }
  template <auto M> void enter(config::a_table<M>, std::string const& path) {
    add<decltype(behind(M))>(path);
  }
  template <auto M> void enter(config::a_probe<M>, std::string const& path) {
    add<decltype(behind(M))>(path);
  }
  template <auto M> void enter(config::tables_by_name<M>, std::string const& path) {
    add<decltype(behind(M))>(path + ".web");
  }
};

// What the daemon is asked for; the text of the mistake where there is one.
std::string request_of(std::string const& text) {
  auto read = config::read_toml("ostler.toml", text);
  if (!read) return read.error().message + read.error().detail;
  config::loaded_project from{.from = {.directory = "/shop", .file = {}}, .what = *read, .not_mapped = {}};
  auto const request =
      request_for(from, parse_arguments({"up"}).value(), "/shop", [](std::string const&) { return false; });
  return request ? wire::to_json(*request) : request.error().message;
}

std::string text_without(std::string_view key) {
  std::string out;
  for (auto const& each : lines)
    if (each.key != key) out += std::string(each.text) + "\n";
  return out;
}

TEST(the_settings, of_this_test_hold_every_key_of_the_schema) {
  keys_of schema;
  schema.add<config::project>("");
  std::set<std::string> held;
  for (auto const& each : lines)
    if (each.key != "service.db.run") held.insert(std::string(each.key));
  EXPECT_EQ(held, schema.all);
  EXPECT_TRUE(config::read_toml("ostler.toml", text_without("")).has_value());
}

TEST(every_key, that_is_set_reaches_the_daemon) {
  auto const whole = request_of(text_without(""));
  EXPECT_TRUE(whole.starts_with("{")) << whole;
  for (auto const& each : lines)
    EXPECT_EQ(request_of(text_without(each.key)) == whole, is_elsewhere(each.key)) << each.key;
}

TEST(a_table, of_the_provider_that_is_asked_for_reaches_the_daemon_and_others_do_not) {
  auto const text =
      std::string("provider = \"local\"\n[local]\nmode = \"copy\"\n[docker]\nimage = \"node\"\n");
  auto const request = request_of(text);
  EXPECT_NE(request.find(R"("settings":{"mode":"copy"})"), std::string::npos) << request;
  EXPECT_EQ(request.find("node"), std::string::npos);
}

}  // namespace
}  // namespace ostler::cli
