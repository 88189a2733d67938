#include "operations/repeated_key.hpp"

#include <cstddef>
#include <set>
#include <vector>

#include "wire/json_value.hpp"

namespace ostler::operations {
namespace {

// Behind the quotation mark that ends the text which begins at `at`.
std::size_t end_of_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at + 1;
}

bool is_key(std::string_view json, std::size_t end) {
  auto const next = json.find_first_not_of(" \t\r\n", end);
  return next != json.npos && json[next] == ':';
}

std::string meant(std::string_view quoted) {
  if (quoted.find('\\') == quoted.npos) return std::string(quoted.substr(1, quoted.size() - 2));
  auto const parsed = wire::parse_json(quoted);
  auto const* text = parsed ? parsed->if_string() : nullptr;
  return text == nullptr ? std::string(quoted) : std::string(text->data(), text->size());
}

}  // namespace

std::optional<std::string> repeated_key(std::string_view json) {
  // Of each object and list around the place; those of lists stay empty.
  std::vector<std::set<std::string>> seen;
  for (std::size_t at = 0; at < json.size();) {
    char const c = json[at];
    if (c != '"') {
      if (c == '{' || c == '[') seen.emplace_back();
      if ((c == '}' || c == ']') && !seen.empty()) seen.pop_back();
      ++at;
      continue;
    }
    auto const end = end_of_text(json, at);
    if (!seen.empty() && is_key(json, end)) {
      auto key = meant(json.substr(at, end - at));
      if (!seen.back().insert(key).second) return key;
    }
    at = end;
  }
  return std::nullopt;
}

}  // namespace ostler::operations
