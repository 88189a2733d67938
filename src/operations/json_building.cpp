#include "operations/json_building.hpp"

namespace ostler::operations {
namespace {

// The end of the text that begins at `at`, behind its last quote.
std::size_t end_of_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

std::string indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  auto const new_line = [&] { out.append("\n").append(depth * 2, ' '); };
  for (std::size_t at = 0; at < json.size(); ++at) {
    char const c = json[at];
    bool const opens = c == '{' || c == '[';
    if (c == '"') {
      auto const end = end_of_text(json, at);
      out += json.substr(at, end - at);
      at = end - 1;
    } else if (opens && at + 1 < json.size() && (json[at + 1] == '}' || json[at + 1] == ']')) {
      out += json.substr(at++, 2);
    } else if (opens) {
      out += c;
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      --depth;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else {
      out += c;
    }
  }
  return out + '\n';
}

}  // namespace ostler::operations
