// The page docs/reference/operations.md, printed from the table of operations.
#pragma once

#include <string>

namespace ostler::operations {

std::string operations_reference();

}  // namespace ostler::operations
