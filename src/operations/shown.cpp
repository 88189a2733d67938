#include "operations/shown.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"

namespace ostler::operations {
namespace {

// Insertions, removals, exchanges and swaps of neighbours that make one of the other. Only short texts are
// compared, so the table is small and has its place on the stack.
constexpr std::size_t compared_max = 32;

std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, compared_max + 1>, compared_max + 1> d{};
  for (std::size_t i = 0; i <= a.size(); ++i) d.at(i).at(0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d.at(0).at(j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const same = a[i - 1] == b[j - 1] ? 0UL : 1UL;
      auto best = std::min({d.at(i - 1).at(j) + 1, d.at(i).at(j - 1) + 1, d.at(i - 1).at(j - 1) + same});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, d.at(i - 2).at(j - 2) + 1);
      d.at(i).at(j) = best;
    }
  return d.at(a.size()).at(b.size());
}

}  // namespace

std::string shown(std::string_view text) {
  if (is_utf8(text)) return in_quotes(text);
  constexpr std::size_t looked_at_max = 80;
  auto rest = text.substr(0, looked_at_max);
  std::string out;
  while (!rest.empty()) {
    auto const size = std::max<std::size_t>(wire::utf8_size(rest), 1);
    if (wire::utf8_size(rest) == 0)
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(rest.front()));
    else
      out += rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return in_quotes(out);
}

std::vector<std::string_view> near_names(std::string_view given,
                                         std::vector<std::string_view> const& allowed) {
  constexpr std::size_t told_max = 3;
  if (given.empty() || given.size() > compared_max) return {};
  std::vector<std::pair<std::size_t, std::string_view>> found;
  for (auto const& one : allowed) {
    if (one.size() > compared_max) continue;
    auto const apart = distance(given, one);
    bool const begins = given.size() >= 2 && (one.starts_with(given) || given.starts_with(one));
    if (begins || apart <= std::max<std::size_t>(1, given.size() / 3)) found.emplace_back(apart, one);
  }
  std::ranges::sort(found);
  std::vector<std::string_view> names;
  for (auto const& [apart, name] : found)
    if (names.size() < told_max) names.push_back(name);
  return names;
}

std::string did_you_mean(std::string_view given, std::vector<std::string_view> const& allowed) {
  auto const near = near_names(given, allowed);
  if (near.empty()) return {};
  std::string text;
  for (auto const& name : near) text += fmt::format("{}'{}'", text.empty() ? "" : " or ", name);
  return "; did you mean " + text + "?";
}

}  // namespace ostler::operations
