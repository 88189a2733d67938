#include "keeper/unsaved/folders.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"

namespace ostler::keeper {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_not_there(int why) { return why == ENOENT || why == ENOTDIR || why == ELOOP; }

// Closed when there is none.
result<system::fd> open_folder(int directory, std::string const& name) {
  system::fd opened(::openat(directory, name.c_str(), folder_flags));
  if (!opened && !is_not_there(errno)) return system::fail_errno(fmt::format("open {}", system::shown(name)));
  return opened;
}

}  // namespace

result<folders> open_tops(std::string const& workspace, std::string const& project) {
  auto place = system::open_at(AT_FDCWD, workspace, folder_flags);
  if (!place) return std::unexpected(place.error());
  folders tops{.place = std::move(*place), .project = {}};
  if (project.empty()) return tops;
  // The way to the project is the user's own and may lead over links.
  tops.project.reset(::open(project.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!tops.project && !is_not_there(errno)) return system::fail_errno(fmt::format("open {}", project));
  return tops;
}

result<folders> project_alone(folders const& at) {
  auto again = system::open_at(at.project.get(), ".", folder_flags);
  if (!again) return std::unexpected(again.error());
  return folders{.place = std::move(*again), .project = {}};
}

result<std::optional<folders>> enter(folders const& at, std::string const& name) {
  auto place = open_folder(at.place.get(), name);
  if (!place) return std::unexpected(place.error());
  if (!*place) return std::nullopt;
  folders below{.place = std::move(*place), .project = {}};
  if (at.project) {
    auto project = open_folder(at.project.get(), name);
    if (!project) return std::unexpected(project.error());
    below.project = std::move(*project);
  }
  return below;
}

result<std::optional<folders>> descend(folders const& at, std::string_view path) {
  auto now = enter(at, ".");
  while (now && *now && !path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    if (end > 0) now = enter(**now, std::string(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return now;
}

}  // namespace ostler::keeper
