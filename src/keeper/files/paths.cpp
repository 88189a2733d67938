#include "keeper/files/paths.hpp"

#include <fmt/format.h>

namespace ostler::keeper {
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

}  // namespace ostler::keeper
