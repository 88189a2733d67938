#include "lifecycle/instance/test/pairs_table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>
#include <utility>

#include "lifecycle/instance/instance_reference.hpp"

namespace ostler::lifecycle {
namespace {

std::string table_of(std::initializer_list<instance_state> states) {
  std::set<std::string> names;
  for (auto const& from : instance_samples())
    if (std::ranges::find(states, state_of(from.state.it.now)) != states.end()) names.emplace(from.name);
  std::string out = "\n", last;
  for (auto const& row : instance_rows()) {
    if (!names.contains(row.from)) continue;
    if (std::exchange(last, row.from) != row.from) out += row.from + "\n";
    out += fmt::format("  {} -> {}: {}\n", row.events, row.outcome.to, row.outcome.does);
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto const end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

}  // namespace

void expect_pairs(std::initializer_list<instance_state> states, std::string_view expected) {
  auto const made = table_of(states);
  auto const want = lines_of(expected), have = lines_of(made);
  std::string_view from;
  for (std::size_t i = 0; i < std::max(want.size(), have.size()); ++i) {
    auto const wanted = i < want.size() ? want[i] : "nothing", done = i < have.size() ? have[i] : "nothing";
    if (!wanted.starts_with("  ")) from = wanted;
    ASSERT_EQ(wanted, done) << "from " << from << "; the whole table is now\n" << made;
  }
}

}  // namespace ostler::lifecycle
