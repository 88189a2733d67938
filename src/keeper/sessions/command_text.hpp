// A command as people may read it: on one line, shortened, and without anything that a terminal would obey.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::keeper {

inline constexpr std::size_t command_text_max = 200;

std::string command_text(std::vector<std::string> const& command, std::string_view label = {});

}  // namespace ostler::keeper
