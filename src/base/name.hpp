// Names that people give: DNS labels, because they become host names, branch names, labels and parts of
// paths.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler {

constexpr std::size_t name_length_max = 63;

// `what` is the noun for the refusal: "instance name", "service name".
result<std::string> parse_name(std::string_view what, std::string_view text);

// Text from outside made fit for a message: control characters escaped, at most 80 bytes.
std::string in_quotes(std::string_view text);

}  // namespace ostler
