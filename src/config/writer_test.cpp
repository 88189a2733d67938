#include "config/writer.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/chance.hpp"
#include "config/reader.hpp"
#include "wire/json.hpp"

namespace ostler::config {
namespace {

std::string without_origins(project what) {
  what.origins.clear();
  return wire::to_json(what);
}

// Projects of every shape that a file can say.
class maker {
 public:
  explicit maker(std::uint64_t seed) : chance_(seed) {}

  project make() {
    project out;
    if (yes()) out.provider = pick({"local", "worktree", "docker", "nomad"});
    if (yes()) out.setup = {texts(), paths()};
    if (yes()) out.teardown.run = texts();
    if (yes()) out.env = variables();
    if (yes()) out.env_files = paths();
    if (yes()) out.limits = limits();
    if (yes()) out.agent = agent();
    auto const count = number(0, 4);
    for (int i = 0; i < count; ++i) out.services.push_back(one_service(i));
    if (out.provider == "docker" || out.provider == "nomad")
      out.provider_tables.push_back(
          {out.provider, R"({"image":"a\"b","deep":{"list":[1,2.5,true,{"x":"y"}],"none":{}}})"});
    return out;
  }

 private:
  bool yes() { return number(0, 1) == 1; }
  int number(int least, int most) { return static_cast<int>(chance_.between(least, most)); }
  std::string pick(std::vector<std::string> const& from) {
    return from[static_cast<std::size_t>(number(0, static_cast<int>(from.size()) - 1))];
  }
  std::string text() {
    return pick({"npm ci", "echo \"x\" 'y' \\ $PORT ${A:-b}", "line\nline", "tab\tand \x01 and \x7f",
                 "grüße 😀", "# no comment"});
  }
  std::vector<std::string> texts() {
    std::vector<std::string> out(static_cast<std::size_t>(number(0, 3)));
    for (auto& each : out) each = text();
    return out;
  }
  std::vector<std::string> paths() {
    std::vector<std::string> out(static_cast<std::size_t>(number(0, 3)));
    for (auto& each : out) each = pick({".env", "a/b c", "ü/..x", "./x"});
    return out;
  }
  std::vector<std::string> variables() { return {"A=" + text(), "_b1=", "C==x=" + text()}; }
  milliseconds duration() { return milliseconds(number(1, 100'000'000)); }
  wire::limits_spec limits() {
    return {.memory_bytes = yes() ? std::int64_t{number(1, 4096)} << number(0, 30) : 0,
            .cpu_milli = yes() ? number(1, 64'000) : 0,
            .pids = number(0, 2) * 100,
            .open_files = number(0, 2) * 100};
  }
  std::vector<std::string> words() {
    return yes() ? std::vector<std::string>{"/bin/sh", "-c", text()}
                 : std::vector<std::string>{"prog", text()};
  }
  agent_plan agent() {
    return yes() ? agent_plan{.command = {"claude"}, .shell = true} : agent_plan{.command = words()};
  }
  wire::http_probe probe() {
    wire::http_probe out;
    if (yes()) out.path = "/healthz?a=b";
    if (yes()) out.port = static_cast<std::uint16_t>(number(1, 65'535));
    if (yes()) out.status_least = out.status_most = 204;
    if (yes()) out.body = text();
    return out;
  }
  void ready(service& out) {
    if (yes()) out.ready.output = text();
    if (yes()) out.ready.http = probe();
    if (yes()) out.ready.exec = words();
    out.ready.tcp = yes();
    out.ready.notify = yes();
    out.ready.registered = yes();
    if (yes()) out.ready.limit = duration();
    if (yes()) out.ready.every = duration();
    if (yes()) out.ready.every_ready = duration();
    if (yes()) out.ready.look_limit = duration();
  }
  service one_service(int index) {
    service out;
    out.name = "s" + std::to_string(index);
    out.shell = yes();
    out.command = out.shell ? std::vector{text()} : std::vector{std::string("prog"), text()};
    out.kind = yes() ? wire::service_kind_told::task : wire::service_kind_told::service;
    if (yes()) out.workdir = "packages/web";
    if (yes()) out.env = variables();
    if (yes()) out.env_files = paths();
    if (index > 0 && yes()) out.needs = {"s0"};
    out.port = {wire::port_kind::automatic, 0};
    if (yes()) out.port = {wire::port_kind::fixed, static_cast<std::uint16_t>(number(1, 1000) * 10 + index)};
    ready(out);
    if (yes())
      out.alive =
          wire::alive_spec{.tcp = true, .exec = words(), .every = duration(), .failures = number(1, 9)};
    if (yes()) out.restart = {wire::restart_on::never, number(0, 9), duration(), 0ms, duration()};
    if (yes()) out.stop = {"INT", words(), duration()};
    if (yes()) out.limits = limits();
    if (yes()) out.user = "1000:1000";
    out.autostart = yes();
    if (yes()) out.websocket = "/agent";
    if (yes()) out.heartbeat = {duration(), number(1, 9)};
    out.open = index == 1;
    out.required = yes();
    return out;
  }

  chance chance_;
};

TEST(a_project_as_toml, reads_back_as_the_same_project) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    auto const what = maker(seed).make();
    auto const written = to_toml(what);
    auto const read = read_toml("written.toml", written);
    ASSERT_TRUE(read) << read.error().detail << "\n" << written;
    ASSERT_EQ(without_origins(*read), without_origins(what)) << "seed " << seed << "\n" << written;
  }
}

TEST(a_project_as_toml, says_only_what_differs_from_the_defaults) {
  EXPECT_EQ(to_toml(project()), "version = 1\n");
  project what;
  what.services.emplace_back();
  what.services.back().name = "web";
  what.services.back().command = {"npm run dev"};
  what.services.back().shell = true;
  what.services.back().port.kind = wire::port_kind::automatic;
  what.services.back().ready.http.emplace().path = "/healthz";
  what.env = {"A=b"};
  EXPECT_EQ(to_toml(what),
            "version = 1\n"
            "\n[env]\nA = \"b\"\n"
            "\n[service.web]\nrun = \"npm run dev\"\nport = \"auto\"\nready = { http = \"/healthz\" }\n");
}

}  // namespace
}  // namespace ostler::config
