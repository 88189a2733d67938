#include "keeper/whole/limits_told.hpp"

#include <fmt/format.h>

namespace ostler::keeper {

std::vector<wire::ability> told(std::vector<shared_limit> const& all) {
  std::vector<wire::ability> out;
  for (auto const& each : all) {
    bool const holds = each.by == enforcement::cgroup2 || each.by == enforcement::cgroup1;
    out.push_back({.what = std::string(each.controller),
                   .full = holds,
                   .how = holds ? fmt::format("{}, by {}", each.amount, text(each.by))
                                : fmt::format("{}, {}: {}", each.amount, text(each.by), each.why)});
  }
  return out;
}

std::string text_of(std::vector<shared_limit> const& all) {
  std::string out;
  for (auto const& each : told(all))
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", each.what, each.how);
  return out;
}

}  // namespace ostler::keeper
