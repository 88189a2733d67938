// Remembers what was brought into a workspace beside the copy of the project, so that it is known again: as
// long as it stands unchanged it is nobody's work, also when its source has changed or gone since.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "wire/work.hpp"

namespace ostler::providers::local {

// Of all files and links under these paths of a workspace that nobody has used yet, which is open. What is
// not there was not to be had, and is left out. It blocks.
result<wire::put_list> marks_of(int workspace, std::vector<std::string> const& paths,
                                std::stop_token const& stop);

}  // namespace ostler::providers::local
