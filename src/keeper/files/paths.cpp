#include "keeper/files/paths.hpp"

#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::keeper {
namespace {

// How many bytes the character at the front takes, or 0 when it is none. Overlong forms and surrogates are
// let through: this decides how a name is shown and marked, not what it means.
std::size_t utf8_length(std::string_view text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const length = first < 0x80                      ? 1
                             : (first >= 0xc2 && first < 0xe0) ? 2
                             : (first >= 0xe0 && first < 0xf0) ? 3
                             : (first >= 0xf0 && first < 0xf5) ? 4
                                                               : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U) return 0;
  return length;
}

}  // namespace

split_path split(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  auto const slash = path.rfind('/');
  if (slash == std::string_view::npos) return {".", std::string(path)};
  auto const folder = path.substr(0, slash);
  return {folder.empty() ? "/" : std::string(folder), std::string(path.substr(slash + 1))};
}

std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty() || folder == ".") return std::string(name);
  return fmt::format("{}/{}", folder, name);
}

std::string_view next_component(std::string_view& rest) {
  auto const begin = rest.find_first_not_of('/');
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  auto const end = std::min(rest.find('/', begin), rest.size());
  auto const component = rest.substr(begin, end - begin);
  auto const after = rest.find_first_not_of('/', end);
  rest.remove_prefix(after == std::string_view::npos ? rest.size() : after);
  return component;
}

bool has_component(std::string_view path, std::string_view component) {
  while (!path.empty())
    if (next_component(path) == component) return true;
  return false;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string shown(std::string_view path) {
  std::string text;
  // A little more than is shown, so that in_quotes() sees that it is too long.
  for (auto rest = path; !rest.empty() && text.size() <= 100;) {
    auto const length = utf8_length(rest);
    if (length == 0)
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest.front()));
    else
      text += rest.substr(0, length);
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return in_quotes(text);
}

}  // namespace ostler::keeper
