// Which file a project's settings are in, and all layers that belong to it.
//
// Looked for from the working directory up to the root of its git repository, never above it and never in
// "/": above lies what others may have put there. Settings written for Ostler are preferred over the whole
// way; what is written for other tools is only a guess, and the nearest one is taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/files.hpp"
#include "config/imports.hpp"
#include "config/node.hpp"
#include "config/project.hpp"

namespace ostler::config {

struct found_file {
  file_kind kind = file_kind::ostler;
  std::string path;
};

struct found_project {
  // The directory that everything is relative to.
  std::string directory;
  // Nothing: no settings were found, which is no mistake.
  std::optional<found_file> file;
};

// `from` is absolute, without "." and "..".
found_project discover(files const& all, std::string_view from);

struct load_request {
  std::string working_directory;
  // $XDG_CONFIG_HOME/ostler; "" for none.
  std::string user_directory;
  // --config or OSTLER_CONFIG; "" to look for one.
  std::string file;
  // Instead of a file: what `--config -` has read. Nothing is looked for then.
  std::optional<document> given;
  // Of the environment and of flags, from weak to strong.
  std::vector<document> settings;
  std::vector<std::string> plugins;
};

struct loaded_project {
  found_project from;
  project what;
  // Of an imported file.
  std::vector<left_out> not_mapped;
};

// All layers: the user's config.toml, what was found, ostler.local.toml beside it, and the settings given.
result<loaded_project> load(files const& all, load_request request);

}  // namespace ostler::config
