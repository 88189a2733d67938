#include "config/written.hpp"

#include <fmt/format.h>

#include "base/ensure.hpp"
#include "config/node.hpp"

namespace ostler::config {

std::string text_list(std::vector<std::string> const& texts) {
  node out{std::vector<node>{}, {}};
  for (auto const& each : texts) std::get<std::vector<node>>(out.value).push_back({each, {}});
  return toml_value(out);
}

std::string argument_list(std::vector<std::string> const& words) {
  bool const line = words.size() == 3 && words[0] == "/bin/sh" && words[1] == "-c";
  return line ? toml_text(words[2]) : text_list(words);
}

settings assignments(std::vector<std::string> const& variables) {
  settings out;
  for (auto const& each : variables) {
    auto const sign = each.find('=');
    ensure(sign != each.npos, "variables of a project are NAME=value");
    out.emplace_back(toml_key(each.substr(0, sign)), toml_text(each.substr(sign + 1)));
  }
  return out;
}

std::string in_braces(settings const& all) {
  std::string out;
  for (auto const& [name, value] : all) out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", name, value);
  return out.empty() ? "{}" : "{ " + out + " }";
}

}  // namespace ostler::config
