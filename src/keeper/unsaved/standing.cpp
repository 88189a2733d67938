#include "keeper/unsaved/standing.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "system/content.hpp"
#include "system/path_text.hpp"

namespace ostler::keeper {
namespace {

using system::entry_kind;

result<entry_kind> kind_in_project(folders const& at, std::string const& name) {
  if (!at.project) return entry_kind::absent;
  return system::kind_at(at.project.get(), name);
}

// Only in what it is a copy of.
result<bool> project_has(folders const& at, std::string const& below) {
  if (!at.project) return false;
  auto only = project_alone(at);
  if (!only) return std::unexpected(only.error());
  auto const cut = below.rfind('/');
  auto const folder = descend(*only, cut == std::string::npos ? "" : below.substr(0, cut));
  if (!folder) return std::unexpected(folder.error());
  if (!*folder) return false;
  auto const kind = system::kind_at((*folder)->place.get(), below.substr(cut + 1));
  if (!kind) return std::unexpected(kind.error());
  return *kind != entry_kind::absent;
}

}  // namespace

std::string plain_or_shown(std::string const& name) {
  bool const plain = system::is_utf8(name) && std::ranges::none_of(name, [](char c) {
                       return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
                     });
  return plain ? name : system::shown(name);
}

std::string join_paths(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

// Outside of a copy nothing can be missing but what was committed.
standing file_judge::when_absent(bool in_project) const {
  return is_copy_ && !in_project ? standing::kept : standing::gone;
}

result<standing> file_judge::judge(folders const& at, std::string const& path,
                                   std::string const& name) const {
  auto const kind = system::kind_at(at.place.get(), name);
  if (!kind) return std::unexpected(kind.error());
  auto const former = kind_in_project(at, name);
  if (!former) return std::unexpected(former.error());
  bool const in_project = *former != entry_kind::absent;
  if (*kind == entry_kind::absent) return when_absent(in_project);
  if (*kind == entry_kind::other) return standing::kept;
  if (*former == *kind) {
    auto const same = system::same_content(at.place.get(), at.project.get(), name);
    if (!same) return std::unexpected(same.error());
    if (*same) return standing::kept;
  }
  if (auto const put = put_.find(path); put != put_.end() && *kind != entry_kind::directory) {
    auto const mark = system::content_mark(at.place.get(), name);
    if (!mark) return std::unexpected(mark.error());
    if (*mark == put->second) return standing::kept;
  }
  return in_project ? standing::differs : standing::only_here;
}

result<standing> file_judge::judge_below(folders const& at, std::string const& path,
                                         std::string const& below) const {
  auto const cut = below.rfind('/');
  if (cut == std::string::npos) return judge(at, join_paths(path, below), below);
  auto const folder = descend(at, std::string_view(below).substr(0, cut));
  if (!folder) return std::unexpected(folder.error());
  if (*folder) return judge(**folder, join_paths(path, below), below.substr(cut + 1));
  auto const in_project = project_has(at, below);
  if (!in_project) return std::unexpected(in_project.error());
  return when_absent(*in_project);
}

}  // namespace ostler::keeper
