#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

#include "config/imports.hpp"
#include "config/writer.hpp"

namespace ostler::config {
namespace {

std::string written(std::string text) {
  auto const out = import_project(file_kind::compose, {layer::project, "compose.yaml", std::move(text)});
  if (!out) return out.error().message;
  auto toml = to_toml(out->what);
  for (auto const& each : out->not_mapped) toml += fmt::format("# {}: {}\n", each.line, each.what);
  return toml;
}

TEST(a_compose_file, becomes_services_that_have_commands) {
  EXPECT_EQ(written(R"(version: "3"
x-common: &common
  environment: [A=1, B=two words, HOST_ONLY]
services:
  my_web:
    <<: *common
    image: node:22
    command: npm run dev -- --port $PORT
    ports: ["127.0.0.1:8080:3000", "9229:9229"]
    depends_on:
      db: {condition: service_healthy}
      worker: {condition: service_started}
    healthcheck: {test: curl -f localhost, interval: 5s, timeout: 2s, retries: 3}
    restart: unless-stopped
    stop_signal: SIGINT
    stop_grace_period: 1m30s
  worker:
    entrypoint: [node, --inspect]
    command: [worker.js]
    env_file: [./worker.env, /etc/secrets]
    environment: {C: 3, D: }
    ports: [{target: 80, published: 8000}]
    profiles: [jobs]
    healthcheck: {test: [CMD, bin/ready]}
    restart: on-failure:3
  db:
    image: postgres
volumes: {data: }
)"),
            R"(version = 1

[service.my-web]
run = "npm run dev -- --port $PORT"
env = { A = "1", B = "two words" }
needs = ["worker"]
port = "auto"
ready = { exec = "curl -f localhost", every = "5s", look_timeout = "2s" }
restart = { on = "always" }
stop = { signal = "INT", timeout = "1m30s" }

[service.worker]
run = ["node", "--inspect", "worker.js"]
env = { C = "3" }
env_file = ["./worker.env"]
port = 80
ready = { exec = ["bin/ready"] }
autostart = false
# 3: service my-web: environment: 'HOST_ONLY' is taken from the caller
# 5: service 'my_web': is called my-web
# 7: service my-web: 'image': ignored outside of containers
# 9: service my-web: ports: only one TCP port is taken over
# 11: service my-web: depends_on: 'db' is not among the services here
# 13: service my-web: 'retries': ignored; see `ready.timeout`
# 20: service worker: 'env_file': a file that is not below the project
# 21: service worker: environment: 'D' is taken from the caller
# 23: service worker: 'profiles': it does not start by itself
# 25: service worker: 'restart': ignored
# 26: service 'db': its image knows its command, this file does not
# 28: 'volumes': handled by docker compose, ignored here
)");
}

TEST(a_compose_file, of_images_alone_has_no_services) {
  EXPECT_EQ(written("services: {db: {image: postgres}}"),
            "version = 1\n# 1: service 'db': its image knows its command, this file does not\n");
  EXPECT_EQ(written("services:\n"), "version = 1\n");
}

TEST(a_compose_file, that_is_none_is_refused_at_its_line) {
  EXPECT_EQ(written("services: [\n"), "compose.yaml:2:1: end of sequence flow not found");
  EXPECT_EQ(written("- a"), "compose.yaml:1:1: this is no compose file");
  EXPECT_EQ(written("services:\n  web:\n    command: a\n    stop_signal: SIGWHAT\n"),
            "compose.yaml:4:18: service.web.stop.signal: 'SIGWHAT' is no signal");
}

}  // namespace
}  // namespace ostler::config
