// The description of the whole REST interface, OpenAPI 3.1, printed from the table of operations. It is kept
// in api/openapi.json, and the same program always prints the same bytes.
#pragma once

#include <string>

namespace ostler::operations {

std::string openapi_document();

}  // namespace ostler::operations
