#include "config/node.hpp"

#include <array>

namespace ostler::config {

std::string_view kind_of(node const& what) {
  constexpr std::array<std::string_view, 6> names{"true or false", "a whole number", "a number",
                                                  "a text",        "a list",         "a table"};
  return names[what.value.index()];
}

}  // namespace ostler::config
