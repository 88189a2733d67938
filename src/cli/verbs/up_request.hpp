// What `up` asks the daemon for, made of the project's settings and the flags. Pure but for one question:
// which of the usual files of variables are there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/arguments.hpp"
#include "config/discovery.hpp"
#include "operations/instance_operations.hpp"

namespace ostler::cli {

// A name of an instance out of any text: "My Shop!" is my-shop. "place" when nothing of it can stay.
std::string name_from(std::string_view text);
// Of the call; without names the project's directory, and the branch when one is asked for.
result<std::vector<std::string>> names_for(arguments const& call, std::string_view directory);

// Without the name. `is_there` is asked for absolute paths; `working_directory` is what paths of flags are
// relative to.
result<operations::instance_new> request_for(config::loaded_project const& from, arguments const& call,
                                             std::string_view working_directory,
                                             std::function<bool(std::string const&)> const& is_there);

}  // namespace ostler::cli
