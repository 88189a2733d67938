// A JSON body made into a value, strictly: what is not known is refused, what must be there is missed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "operations/shape.hpp"

namespace ostler::operations {

// Fields of the outermost object that are given elsewhere are refused here. An empty body is an empty object.
result<void> read_body(shape const& form, std::vector<std::string_view> const& elsewhere,
                       std::string_view body, void* out);

// Only what differs from its default, but always what must be there; without the fields given elsewhere.
void write_body(std::string& out, shape const& form, std::vector<std::string_view> const& elsewhere,
                void const* value);

}  // namespace ostler::operations
