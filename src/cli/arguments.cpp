#include "cli/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/ensure.hpp"
#include "base/name.hpp"

namespace ostler::cli {
namespace {

void check_known(verb const* which, std::string_view option) {
  bool const everywhere =
      std::ranges::find(global_options(), option, &cli::option::name) != global_options().end();
  ensure(everywhere || (which != nullptr && find_option(*which, option) != nullptr),
         "an option that is asked for is defined for the verb");
}

}  // namespace

bool arguments::has(std::string_view option) const {
  check_known(which, option);
  return given.contains(option);
}

std::optional<std::string> arguments::value(std::string_view option) const {
  check_known(which, option);
  auto const at = given.find(option);
  if (at == given.end() || at->second.empty()) return std::nullopt;
  return at->second.back();
}

std::vector<std::string> arguments::values(std::string_view option) const {
  check_known(which, option);
  auto const at = given.find(option);
  return at == given.end() ? std::vector<std::string>() : at->second;
}

result<std::optional<milliseconds>> arguments::duration(std::string_view option) const {
  auto const text = value(option);
  if (!text) return std::nullopt;
  auto const read = parse_duration(*text);
  if (!read) return fail(error_code::usage, fmt::format("--{}: {}", option, read.error().message));
  return std::optional(*read);
}

result<std::optional<std::uint32_t>> arguments::number(std::string_view option, std::uint32_t least,
                                                       std::uint32_t most) const {
  auto const text = value(option);
  if (!text) return std::nullopt;
  std::uint32_t read = 0;
  auto const* end = text->data() + text->size();
  auto const [stopped, why] = std::from_chars(text->data(), end, read);
  if (why != std::errc() || stopped != end || read < least || read > most)
    return fail(error_code::usage, fmt::format("--{} takes a number from {} to {}, not {}", option, least,
                                               most, in_quotes(*text)));
  return std::optional(read);
}

}  // namespace ostler::cli
