// What an instance may choose of its local place, and the schema that says so.
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::providers::local {

//   in_place  the user's own checkout: never made, never removed
//   copy      a copy of the project, made once
//   empty     a directory with nothing in it
enum class workspace_mode { in_place, copy, empty };
BOOST_DESCRIBE_ENUM(workspace_mode, in_place, copy, empty)

struct settings {
  workspace_mode mode = workspace_mode::in_place;
  // Of a copy: left out. Shell patterns; with a slash for the path from the project, without for any name.
  std::vector<std::string> exclude;
};
BOOST_DESCRIBE_STRUCT(settings, (), (mode, exclude))

// Empty text gives the defaults.
result<settings> parse_settings(std::string_view text);
std::string_view settings_schema();

}  // namespace ostler::providers::local
