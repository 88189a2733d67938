#include "config/imports.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>

#include "config/tree_maker.hpp"
#include "config/writer.hpp"

namespace ostler::config {
namespace {

std::string written(file_kind kind, std::string name, std::string text) {
  auto const out = import_project(kind, {layer::project, std::move(name), std::move(text)});
  if (!out) return out.error().message;
  auto toml = to_toml(out->what);
  for (auto const& each : out->not_mapped) toml += fmt::format("# {}: {}\n", each.line, each.what);
  return toml;
}

TEST(a_procfile, becomes_services) {
  EXPECT_EQ(
      written(file_kind::procfile, "Procfile",
              "# what runs\n"
              "web:    npm run dev -- --port $PORT   \n"
              "\n"
              "Big_Worker: node worker.js \"$PORTS\" # all\r\n"
              "release: rake db:migrate\n"),
      "version = 1\n"
      "\n[service.web]\nrun = \"npm run dev -- --port $PORT\"\nport = \"auto\"\nready = { tcp = true }\n"
      "\n[service.big-worker]\nrun = \"node worker.js \\\"$PORTS\\\" # all\"\n"
      "# 4: 'Big_Worker': is called big-worker\n"
      "# 5: release: runs when a release is made, which an instance is not\n");
}

TEST(a_procfile, that_is_none_is_refused_at_its_line) {
  EXPECT_EQ(written(file_kind::procfile, "Procfile", "web: a\nwhat is this\n"),
            "Procfile:2:1: this is no process");
  EXPECT_EQ(written(file_kind::procfile, "Procfile", "web:   \n"), "Procfile:1:8: web has no command");
  EXPECT_EQ(written(file_kind::procfile, "Procfile", "web: a\nWEB: b"),
            "Procfile:2:1: there is a process web already");
  EXPECT_EQ(written(file_kind::procfile, "Procfile", "--: a"),
            "Procfile:1:1: nothing is left of this as a name");
}

TEST(a_devcontainer, becomes_what_it_means_without_its_container) {
  EXPECT_EQ(written(file_kind::devcontainer, "devcontainer.json", R"({
  // With comments, and "quotes" in them.
  "name": "shop", "image": "node:22", /* a
  block */ "features": { "ghcr.io/x/y:1": {} },
  "containerEnv": { "MODE": "dev", "HOME2": "${localEnv:HOME}", },
  "remoteEnv": { "MODE": "test", "URL": "http://x//y" },
  "postCreateCommand": { "one": "npm ci", "two": ["echo", "it's"] },
  "onCreateCommand": "make tools",
  "postStartCommand": ["touch", "started"],
  "initializeCommand": "docker pull x",
  "forwardPorts": [3000],
  "runArgs": ["--init"],
  "hostRequirements": { "cpus": 4, "memory": "8gb", "storage": "32gb" },
})"),
            "version = 1\n"
            "\n[setup]\nrun = [\"make tools\", \"npm ci\", \"echo 'it'\\\\''s'\"]\n"
            "\n[env]\nMODE = \"test\"\nURL = \"http://x//y\"\n"
            "\n[service.post-start]\nrun = \"touch started\"\nkind = \"task\"\n"
            "\n[limits]\nmemory = \"8G\"\ncpus = 4\n"
            "\n[docker]\nimage = \"node:22\"\n"
            "# 4: 'features': only containers have them\n"
            "# 5: 'containerEnv': 'HOME2': its value is known to the container alone\n"
            "# 7: 'postCreateCommand': its commands run one after the other\n"
            "# 10: 'initializeCommand': runs on the host and outside of every instance; run it yourself\n"
            "# 11: 'forwardPorts': a port belongs to a service; say `port` there\n"
            "# 12: 'runArgs': only containers have it\n"
            "# 13: 'hostRequirements': 'storage': nothing here can promise it\n");
}

TEST(a_devcontainer, that_is_none_is_refused_at_its_line) {
  EXPECT_EQ(written(file_kind::devcontainer, "devcontainer.json", "// x\n[1]"),
            "devcontainer.json:2:1: settings cannot be a list");
  for (auto const* text : {"", "{", "{ /* ", "{ \"a", "{ \"a\\", "{ \"env\": ,}"})
    EXPECT_NE(written(file_kind::devcontainer, "devcontainer.json", text).find("devcontainer.json:1:"),
              std::string::npos)
        << text;
  EXPECT_EQ(kind_of_file("/x/.devcontainer/devcontainer.json"), file_kind::devcontainer);
  EXPECT_EQ(kind_of_file(".devcontainer.json"), file_kind::devcontainer);
}

TEST(a_package, is_run_by_its_script_dev) {
  EXPECT_EQ(written(file_kind::package, "package.json", "{\"scripts\": {\n  \"dev\": \"vite\"}}"),
            "version = 1\n"
            "\n[service.web]\nrun = \"npm run dev\"\nport = \"auto\"\nopen = true\n"
            "# 2: dev: whether it listens on $PORT is not known; see its own flags for that\n");
  EXPECT_NE(written(file_kind::package, "package.json",
                    R"({"packageManager": "pnpm@9.0.0", "scripts": {"dev": "vite --port ${PORT:-3000}"}})")
                .find("\"pnpm run dev\""),
            std::string::npos);
  EXPECT_EQ(written(file_kind::package, "package.json", R"({"scripts": {}})"),
            "package.json:1:1: there is no script \"dev\" in it");
  EXPECT_EQ(written(file_kind::package, "package.json", "{\n  x"),
            "package.json:2:3: a key in quotes is missing here");
}

TEST(a_command, that_looks_at_its_port_is_known_by_that) {
  EXPECT_TRUE(mentions_port("x $PORT"));
  EXPECT_TRUE(mentions_port("x ${PORT:-1} y"));
  EXPECT_TRUE(mentions_port("$X-$PORT-1"));
  EXPECT_FALSE(mentions_port("x $PORTS PORT ${OSTLER_PORT_DB} $"));
}

}  // namespace
}  // namespace ostler::config
