#include "cli/refusals.hpp"

#include <fmt/format.h>
#include <string_view>

#include "cli/text.hpp"
#include "operations/error_values.hpp"
#include "wire/json.hpp"

namespace ostler::cli {
namespace {

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    out += fmt::format("  {}\n", printable(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string refusal_text(error const& what, channel const& where) {
  auto const& about = facts(what.code);
  auto out =
      fmt::format("{} {} ({})\n", where.paint(role::failure, "error:"), printable(what.message), about.code);
  out += indented(what.detail);
  std::string_view before = "  try:  ";
  for (auto const& hint : what.hints) {
    out += fmt::format("{}{}\n", before, printable(hint));
    before = "        ";
  }
  out += fmt::format("  more: ostler help {}\n", about.code);
  return out;
}

std::string refusal_json(error const& what) {
  return wire::to_json(operations::error_answer{.error = operations::told(what)}) + "\n";
}

}  // namespace ostler::cli
