// Settings that were written for other tools, as if they were ours.
//
// Each becomes the tree that ostler.toml becomes, with the places of the file it was in: so it may be laid
// under ostler.local.toml and flags, and a mistake in it is shown in its own line. What has no place in a
// project is told, never dropped in silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/node.hpp"
#include "config/project.hpp"

namespace ostler::config {

enum class file_kind : std::uint8_t { ostler, compose, devcontainer, procfile, package };

// The kind that the name of a file says; nothing for names that mean nothing.
std::optional<file_kind> kind_of_file(std::string_view path);

// Something that was not taken over as it stands.
struct left_out {
  std::uint32_t line = 0;
  std::string what;
};

struct imported {
  document from;
  // In the order of the lines.
  std::vector<left_out> not_mapped;
};

// Services with commands of their own; what only containers have is left out.
result<imported> import_compose(source about);
// What has a meaning without its container; what it is built of is left to the provider that has images.
result<imported> import_devcontainer(source about);
result<imported> import_procfile(source about);
// The script `dev`.
result<imported> import_package(source about);

// Any kind but our own, by itself: what `ostler import` prints as TOML.
struct imported_project {
  project what;
  std::vector<left_out> not_mapped;
};
result<imported> import_file(file_kind kind, source about);
result<imported_project> import_project(file_kind kind, source about);

}  // namespace ostler::config
