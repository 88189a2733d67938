// Which instance is meant: by its whole name or id, by the beginning of its name when only one begins so, or
// without any word by where the caller is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/verbs/context.hpp"
#include "operations/instance_values.hpp"

namespace ostler::cli {

//   beginning  also by the beginning of its name
//   whole      what is destroyed is named in full
enum class naming : std::uint8_t { beginning, whole };

struct wish {
  // Empty: the one that is meant without a word.
  std::string name;
  // Of the caller; the project's directory, and the instance that he is in.
  std::string project;
  std::string inside;
  naming how = naming::beginning;
};

// Pure. Ambiguous names are a mistake of usage; unknown ones name what is near.
result<operations::instance> choose(std::span<operations::instance const> all, wish const& which);

// The directory of the caller's project; settings are not read.
std::string project_directory(context const& with);
result<std::vector<operations::instance>> all_instances(context& with);
result<operations::instance> find_instance(context& with, std::string const& name,
                                           naming how = naming::beginning);

}  // namespace ostler::cli
