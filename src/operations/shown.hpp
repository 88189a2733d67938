// Text from outside made fit for an answer: beside what in_quotes() does, bytes that are no UTF-8 are
// escaped, because an answer is JSON and JSON is UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/utf8.hpp"

namespace ostler::operations {

using wire::is_utf8;
std::string shown(std::string_view text);

// Of what is allowed, those that somebody may have meant, the nearest first, at most three.
std::vector<std::string_view> near_names(std::string_view given,
                                         std::vector<std::string_view> const& allowed);
// "; did you mean 'project'?", or nothing.
std::string did_you_mean(std::string_view given, std::vector<std::string_view> const& allowed);

}  // namespace ostler::operations
