#include "config/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/golden.hpp"
#include "wire/json.hpp"

namespace ostler::config {
namespace {

// What the documents show people.
constexpr std::string_view example = R"toml(#:schema https://example.invalid/ostler.schema.json
version  = 1
provider = "worktree"

[setup]
run  = ["npm ci"]
copy = [".env", ".env.local", "node_modules"]

[teardown]
run = ["dropdb --if-exists shop_$OSTLER_INSTANCE_SLUG"]

[env]
DATABASE_URL = "postgres://localhost:${OSTLER_PORT_DB}/shop"

[service.db]
run   = "postgres -D .pgdata -p $PORT"
port  = "auto"
ready = { tcp = true }

[service.web]
run   = "npm run dev -- --port $PORT"
port  = "auto"
needs = ["db"]
ready = { http = "/healthz", timeout = "60s" }
restart = { on = "failure", max = 5, backoff = "1s..30s" }
stop  = { signal = "TERM", timeout = "10s" }
open  = true

[service.worker]
run   = "bin/worker"
ready = { notify = true }

[agent]
run       = "claude"

[limits]
memory = "4G"
cpus   = 2

[docker]
image = "node:22"
)toml";

project read(std::string_view text) {
  auto what = read_toml("ostler.toml", std::string(text));
  EXPECT_TRUE(what) << (what ? "" : what.error().detail);
  return what ? *std::move(what) : project();
}

error refusal(std::string_view text) {
  auto const what = read_toml("ostler.toml", std::string(text));
  EXPECT_FALSE(what) << text;
  return what ? error{} : what.error();
}

document layer_of(layer from, std::string name, std::string text) {
  return parse_document({from, std::move(name), std::move(text)}).value();
}

TEST(a_project, is_read_as_the_documents_show_it) {
  auto const what = read(example);
  EXPECT_EQ(what.provider, "worktree");
  EXPECT_EQ(what.setup.run, std::vector<std::string>{"npm ci"});
  EXPECT_EQ(what.setup.copy, (std::vector<std::string>{".env", ".env.local", "node_modules"}));
  EXPECT_EQ(what.env, std::vector<std::string>{"DATABASE_URL=postgres://localhost:${OSTLER_PORT_DB}/shop"});
  ASSERT_EQ(what.services.size(), 3U);
  auto const& web = what.services[1];
  EXPECT_EQ(web.name, "web");
  EXPECT_TRUE(web.shell);
  EXPECT_EQ(web.command, std::vector<std::string>{"npm run dev -- --port $PORT"});
  EXPECT_EQ(web.port.kind, wire::port_kind::automatic);
  EXPECT_EQ(web.needs, std::vector<std::string>{"db"});
  ASSERT_TRUE(web.ready.http);
  EXPECT_EQ(web.ready.http->path, "/healthz");
  EXPECT_EQ(web.ready.limit, 60s);
  EXPECT_EQ(web.restart.first, 1s);
  EXPECT_EQ(web.restart.cap, 30s);
  EXPECT_TRUE(web.open);
  EXPECT_TRUE(what.services[2].ready.notify);
  ASSERT_TRUE(what.agent);
  EXPECT_EQ(what.agent->command, (std::vector<std::string>{"claude"}));
  EXPECT_EQ(what.limits.memory_bytes, 4LL << 30);
  EXPECT_EQ(what.limits.cpu_milli, 2000);
  ASSERT_EQ(what.provider_tables.size(), 1U);
  EXPECT_EQ(what.provider_tables[0].json, R"({"image":"node:22"})");
  expect_golden("src/config/golden/example.json", wire::to_json(what) + "\n");
}

TEST(a_project, of_nothing_has_the_defaults) {
  auto const what = read("");
  EXPECT_EQ(wire::to_json(what), wire::to_json(project()));
  EXPECT_FALSE(what.env_files) << "whoever starts it looks which of .env and .env.local are there";
  EXPECT_EQ(read("env_file = []").env_files, std::vector<std::string>());
}

TEST(a_project, may_be_told_as_json) {
  auto const root =
      parse_json_document({layer::project, "-", R"({"service": {"web": {"run": ["a", "b"], "port": 80}}})"});
  ASSERT_TRUE(root);
  auto const what = read_project({*root});
  ASSERT_TRUE(what);
  EXPECT_EQ(what->services.at(0).port.number, 80);
  EXPECT_FALSE(what->services.at(0).shell);
}

TEST(a_mistake, is_told_with_its_line_and_a_caret) {
  auto const told = refusal("version = 1\n\n[service.web]\nrun = \"x\"\nprot = \"auto\"\n");
  EXPECT_EQ(told.code, error_code::value_unknown);
  EXPECT_EQ(told.message, "ostler.toml:5:1: 'prot' is unknown in [service.web]; did you mean `port`?");
  EXPECT_TRUE(
      told.detail.starts_with("ostler.toml:5:1: 'prot' is unknown in [service.web]; did you mean `port`?\n"
                              "    5 | prot = \"auto\"\n"
                              "      | ^\n"
                              "  allowed: run, kind, workdir,"))
      << told.detail;
}

TEST(a_mistake, of_the_text_is_told_the_same_way) {
  auto const told = refusal("[service.web]\n\trun = npm start\n");
  EXPECT_EQ(told.code, error_code::text_malformed);
  EXPECT_EQ(told.detail,
            "ostler.toml:2:8: 'npm' is no value\n"
            "    2 |  run = npm start\n"
            "      |        ^\n"
            "  allowed: texts in quotes, numbers, true, false, [ lists ] and { tables }");
}

TEST(a_mistake, in_a_long_line_is_shown_with_what_is_around_it) {
  auto const told = refusal("env = { A = \"" + std::string(500, 'x') + "\", 1B = 2 }");
  EXPECT_NE(told.detail.find("    1 | ..."), std::string::npos) << told.detail;
  EXPECT_NE(told.detail.find("1B = 2 }"), std::string::npos) << told.detail;
}

TEST(mistakes, are_told_together_in_the_order_of_the_text) {
  auto const told = refusal(
      "provder = \"docker\"\n"
      "[service.web]\n"
      "port = 70000\n"
      "ready = { timeout = \"soon\", tcp = 1 }\n"
      "[service.Web]\n"
      "run = 3\n");
  EXPECT_TRUE(told.message.ends_with("did you mean `provider`? (and 6 more)")) << told.message;
  std::vector<std::string_view> const expected{
      "ostler.toml:1:1: 'provder' is unknown",
      "ostler.toml:2:10: [service.web] has no `run`",
      "ostler.toml:3:8: service.web.port: 70000 is no port",
      "ostler.toml:4:21: service.web.ready.timeout: 'soon' is no duration",
      "ostler.toml:4:35: service.web.ready.tcp cannot be a whole number",
      "ostler.toml:5:10: 'Web' is no name of a service",
      "ostler.toml:6:7: service.Web.run cannot be a whole number"};
  std::size_t at = 0;
  for (auto const& each : expected) {
    at = told.detail.find(each, at);
    ASSERT_NE(at, std::string::npos) << each << "\n" << told.detail;
  }
}

TEST(mistakes, are_not_told_without_end) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += fmt::format("wrong_{} = 1\n", i);
  auto const told = refusal(text);
  EXPECT_TRUE(told.message.ends_with("(and 49 more)")) << told.message;
  EXPECT_TRUE(told.detail.ends_with("40 more are not shown")) << told.detail;
}

TEST(a_value, that_is_wrong_is_refused_by_name) {
  std::vector<std::pair<std::string_view, std::string_view>> const cases{
      {"version = 2", "version: 2 is out of range"},
      {"provider = 3", "provider cannot be a whole number"},
      {"provider = \"Not A Name\"", "provider: 'Not A Name' is no name"},
      {"setup.copy = [\"../secret\"]", "setup.copy: '../secret' is no path below the project"},
      {"setup.copy = \"/etc/passwd\"", "setup.copy: '/etc/passwd' is no path below the project"},
      {"setup.run = [1]", "setup.run cannot be a whole number"},
      {"env = { A = 1.5 }", "env.A cannot be a number"},
      {"env = { \"A B\" = \"x\" }", "'A B' is no name of a variable"},
      {"service = 1", "service cannot be a whole number"},
      {"limits.memory = \"4GB\"", "limits.memory: '4GB' is no size"},
      {"limits.memory = 0", "limits.memory: the size is out of range"},
      {"limits.memory = \"9999999999T\"", "limits.memory: the size is out of range"},
      {"limits.cpus = 0", "limits.cpus: the number of processors is out of range"},
      {"agent = {}", "[agent] has no `run`"},
      {"agent = { run = \"a\", websocket = \"ws://x\" }", "'websocket' is unknown in [agent]"},
      {"docker = 1", "docker cannot be a whole number"},
      {"[dokcer]", "'dokcer' is unknown; did you mean `docker`?"},
      {"service.a = { run = \"\" }", "service.a.run: there is no command"},
      {"service.a = { run = [] }", "service.a.run: there is no command"},
      {"service.a = { run = \"x\", port = \"automatic\" }", "service.a.port: 'automatic' is no port"},
      {"service.a = { run = \"x\", kind = \"tsk\" }",
       "service.a.kind: 'tsk' is unknown; did you mean `task`?"},
      {"service.a = { run = \"x\", stop.signal = \"TERMM\" }",
       "service.a.stop.signal: 'TERMM' is no signal; did you mean `TERM`?"},
      {"service.a = { run = \"x\", restart.backoff = \"30s..1s\" }",
       "service.a.restart.backoff: '30s..1s' is not from one duration to another"},
      {"service.a = { run = \"x\", ready.timeout = \"0s\" }", "service.a.ready.timeout: '0s' is too short"},
      {"service.a = { run = \"x\", ready.http = \"healthz\" }",
       "service.a.ready.http: 'healthz' does not begin as it must"},
      {"service.a = { run = \"x\", ready.http.status = \"600\" }",
       "service.a.ready.http.status: '600' is not from one status to another"},
      {"service.a = { run = \"x\", ready.tcp = true }",
       "service.a.ready: a port is looked at, but the service has none"},
      {"service.a = { run = \"x\", alive = {} }", "service.a.alive: nothing is looked at"},
      {"service.a = { run = \"x\", needs = [\"b\"] }", "service.a.needs: there is no service 'b'"},
      {"service.a = { run = \"x\", needs = [\"a\"] }", "service.a.needs: it cannot need itself"},
      {"service.a = { run = \"x\", needs = [\"b\"] }\nservice.b = { run = \"x\", needs = [\"a\"] }",
       "these services need each other in a circle: a, b"},
      {"service.a = { run = \"x\", port = 80 }\nservice.b = { run = \"x\", port = 80 }",
       "service.b.port: 80 is the port of a already"},
      {"service.a = { run = \"x\", open = true }\nservice.b = { run = \"x\", open = true }",
       "service.b.open: a is opened already"},
  };
  for (auto const& [text, what] : cases) {
    auto const message = refusal(text).message;
    EXPECT_NE(message.find(what), std::string::npos) << text << "\n" << message;
  }
}

TEST(a_value, has_the_forms_that_people_write) {
  auto const what = read(
      "env = { A = \"x\", B = 3, C = true }\n"
      "env_file = \".env.test\"\n"
      "[service.a]\n"
      "run = [\"node\", \"a.js\"]\n"
      "port = 3000\n"
      "stop = { signal = \"SIGINT\", run = \"bin/stop\", timeout = \"0s\" }\n"
      "ready = { http = { path = \"/x\", status = 204, port = 9 }, exec = [\"true\"] }\n"
      "limits = { memory = \"512M\", cpus = 0.5, pids = 100 }\n");
  EXPECT_EQ(what.env, (std::vector<std::string>{"A=x", "B=3", "C=true"}));
  EXPECT_EQ(what.env_files, std::vector<std::string>{".env.test"});
  auto const& a = what.services.at(0);
  EXPECT_EQ(a.command, (std::vector<std::string>{"node", "a.js"}));
  EXPECT_EQ(a.port.number, 3000);
  EXPECT_EQ(a.stop.signal, "INT");
  EXPECT_EQ(a.stop.command, (std::vector<std::string>{"/bin/sh", "-c", "bin/stop"}));
  EXPECT_EQ(a.ready.http->status_least, 204);
  EXPECT_EQ(a.ready.http->status_most, 204);
  EXPECT_EQ(a.ready.http->port, 9);
  EXPECT_EQ(a.limits.memory_bytes, 512LL << 20);
  EXPECT_EQ(a.limits.cpu_milli, 500);
}

TEST(a_provider_table, of_a_plugin_is_known_when_it_is_named) {
  EXPECT_EQ(read("provider = \"nomad\"\n[nomad]\nregion = \"eu\"").provider_tables.at(0).name, "nomad");
  EXPECT_TRUE(read_toml("f", "[nomad]\nregion = \"eu\"", {.plugins = {"nomad"}}));
  refusal("[nomad]\nregion = \"eu\"");
}

TEST(layers, are_laid_over_each_other_key_by_key_and_remember_where_each_is_from) {
  std::vector<document> layers;
  layers.push_back(layer_of(layer::user, "config.toml", "provider = \"docker\"\nenv.EDITOR = \"vi\"\n"));
  layers.push_back(
      layer_of(layer::project, "ostler.toml",
               "provider = \"worktree\"\n[service.web]\nrun = \"a\"\nport = \"auto\"\nrestart.max = 3\n"));
  layers.push_back(
      layer_of(layer::local, "ostler.local.toml", "[service.web]\nport = 3000\nrestart.window = \"5s\"\n"));
  for (auto& each : settings_of_environment(std::vector<std::string>{"HOME=/h", "OSTLER_PROVIDER=ssh"}))
    layers.push_back(std::move(each));
  layers.push_back(setting(layer::flags, "--provider", {"provider"}, {std::string("fly"), {}}));
  auto const what = read_project(std::move(layers));
  ASSERT_TRUE(what) << what.error().detail;
  EXPECT_EQ(what->provider, "fly");
  EXPECT_EQ(what->services.at(0).port.number, 3000);
  EXPECT_EQ(what->services.at(0).restart.max, 3);
  EXPECT_EQ(what->services.at(0).restart.window, 5s);
  std::string origins;
  for (auto const& each : what->origins) origins += fmt::format("{} {}:{}\n", each.key, each.file, each.line);
  EXPECT_EQ(origins,
            "env.EDITOR config.toml:2\n"
            "provider --provider:0\n"
            "service.web.port ostler.local.toml:2\n"
            "service.web.restart.max ostler.toml:5\n"
            "service.web.restart.window ostler.local.toml:3\n"
            "service.web.run ostler.toml:3\n");
}

TEST(layers, are_refused_by_the_name_of_the_one_that_is_wrong) {
  std::vector<document> layers;
  layers.push_back(layer_of(layer::project, "ostler.toml", "provider = \"docker\""));
  layers.push_back(layer_of(layer::local, "ostler.local.toml", "\n\nprovder = \"ssh\""));
  layers.push_back(setting(layer::flags, "--port web=0", {"service", "web", "port"}, {std::int64_t{0}, {}}));
  auto const what = read_project(std::move(layers));
  ASSERT_FALSE(what);
  EXPECT_TRUE(what.error().detail.starts_with("ostler.local.toml:3:1: ")) << what.error().detail;
  EXPECT_NE(what.error().detail.find("--port web=0: service.web.port: 0 is no port\n"), std::string::npos);
}

}  // namespace
}  // namespace ostler::config
