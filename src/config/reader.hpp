// Settings of one or several layers as a project.
//
// Layers are laid over each other before anything is read: tables key by key, everything else whole. So what
// a layer only adds to need not be complete by itself, and a refusal names the file that the value came from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/mistakes.hpp"
#include "config/node.hpp"
#include "config/project.hpp"

namespace ostler::config {

struct reader_options {
  // Names of provider plugins: their tables are allowed beside those of the known providers.
  std::vector<std::string> plugins;
};

result<document> parse_document(source about);
// The same, of JSON.
result<document> parse_json_document(source about);
// One value that somebody gave beside the files. `name` is shown: "--provider", "OSTLER_PROVIDER".
document setting(layer from, std::string name, std::vector<std::string> const& path, node value);
// "OSTLER_PROVIDER=docker" among the variables of whoever calls.
std::vector<document> settings_of_environment(std::span<std::string const> variables);

// From weak to strong.
result<project> read_project(std::vector<document> layers, reader_options const& options = {});
// One file alone.
result<project> read_toml(std::string name, std::string text, reader_options const& options = {});

}  // namespace ostler::config
