// Whether one file of a workspace stands somewhere else too: the part of the rule that is the same in a
// checkout and out of one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "keeper/unsaved/folders.hpp"
#include "wire/work.hpp"

namespace ostler::keeper {

enum class standing : std::uint8_t {
  // In what the workspace is a copy of, or as we put it there; or it can hold nothing.
  kept,
  only_here,
  // What the workspace is a copy of has another one of this name.
  differs,
  // Not in the workspace any more, although what it is a copy of has it.
  gone,
};

class file_judge {
 public:
  file_judge(bool is_copy, wire::put_list put) : is_copy_(is_copy), put_(std::move(put)) {}

  // `path` is where it is in the workspace, `name` in the folder.
  result<standing> judge(folders const& at, std::string const& path, std::string const& name) const;
  // `below` is a path from that folder, which is at `path`.
  result<standing> judge_below(folders const& at, std::string const& path, std::string const& below) const;

 private:
  standing when_absent(bool in_project) const;

  bool is_copy_;
  wire::put_list put_;
};

// For a line of what was found: as it is, unless that would not be one line of text.
std::string plain_or_shown(std::string const& name);
std::string join_paths(std::string_view folder, std::string_view name);

}  // namespace ostler::keeper
