// A project as ostler.toml: what `ostler init` and `ostler import` write. Only what differs from the defaults
// is printed, and what is printed reads back as the same project.
#pragma once

#include <string>

#include "config/project.hpp"

namespace ostler::config {

std::string to_toml(project const& what);

}  // namespace ostler::config
