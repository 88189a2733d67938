// What no single key can know: services that need each other in a circle, a look at a port that is not there,
// two services that want the same port.
//
// The keeper looks at the same once more, for whoever speaks to it without a file; here the mistake has a
// line.
#pragma once

#include "config/mistakes.hpp"
#include "config/node.hpp"
#include "config/project.hpp"

namespace ostler::config {

// `root` is what the project was read from.
void check_project(project const& what, table const& root, mistakes& told);

}  // namespace ostler::config
