#include "keeper/files/change.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// What the path alone says, before anything is made: a refusal must leave nothing behind. What links make of
// it is seen at each step.
result<void> check_way(std::string_view path, std::string_view inside) {
  std::size_t count = 0;
  std::size_t depth = 0;
  while (!inside.empty()) {
    auto const part = next_component(inside);
    if (part == ".." && depth == 0)
      return fail(error_code::path_refused, fmt::format("{} leads out of the workspace", shown(path)));
    if (part != ".") depth = part == ".." ? depth - 1 : depth + 1;
    if (++count > parents_max)
      return fail(error_code::value_out_of_range,
                  fmt::format("{} is deeper than {} directories", shown(path), parents_max));
  }
  return {};
}

}  // namespace

result<void> make_directory(workspace const& files, std::string_view path, mode_t mode) {
  auto const at = files.place_of(path, last_link::kept);
  if (!at) return std::unexpected(at.error());
  if (::mkdirat(at->directory.get(), at->name.c_str(), mode & 0777U) == 0) return {};
  return system::fail_errno(fmt::format("make the directory {}", shown(path)));
}

result<void> make_directories(workspace const& files, std::string_view path, mode_t mode, links which) {
  auto const inside = files.relative(path);
  if (!inside) return std::unexpected(inside.error());
  // Mostly it is there.
  if (files.open_beneath(*inside, O_PATH | O_DIRECTORY, 0, which)) return {};
  if (auto done = check_way(path, *inside); !done) return done;
  std::string way;
  for (std::string_view rest = *inside; !rest.empty();) {
    way = join(way, next_component(rest));
    auto const there = files.open_beneath(way, O_PATH | O_DIRECTORY, 0, which);
    if (there) continue;
    if (there.error().code != error_code::file_unknown) return std::unexpected(there.error());
    auto const at = files.place_of(way, last_link::kept, which);
    if (!at) return std::unexpected(at.error());
    // Somebody else may have made it meanwhile.
    if (::mkdirat(at->directory.get(), at->name.c_str(), mode & 0777U) != 0 && errno != EEXIST)
      return system::fail_errno(fmt::format("make the directory {}", shown(way)));
  }
  auto const made = files.open_beneath(*inside, O_PATH | O_DIRECTORY, 0, which);
  if (!made) return std::unexpected(made.error());
  return {};
}

result<void> remove_entry(workspace const& files, std::string_view path) {
  auto const at = files.place_of(path, last_link::kept);
  if (!at) return std::unexpected(at.error());
  if (::unlinkat(at->directory.get(), at->name.c_str(), 0) == 0) return {};
  auto const why = errno;
  // Some file systems say EPERM for a directory.
  if (why == EISDIR || why == EPERM) {
    if (::unlinkat(at->directory.get(), at->name.c_str(), AT_REMOVEDIR) == 0) return {};
    if (errno != ENOTDIR) return system::fail_errno(fmt::format("remove the directory {}", shown(path)));
  }
  return system::fail_errno(fmt::format("remove {}", shown(path)), why);
}

result<void> move_entry(workspace const& files, std::string_view from, std::string_view to, occupied what) {
  auto const source = files.place_of(from, last_link::kept);
  if (!source) return std::unexpected(source.error());
  auto const target = files.place_of(to, last_link::kept);
  if (!target) return std::unexpected(target.error());
  return rename_entry(*source, *target, what);
}

result<void> set_mode(workspace const& files, std::string_view path, mode_t mode) {
  // The mode of a path could be set on what it points to by then; that of a descriptor cannot.
  auto const before = files.open_beneath(path, O_PATH);
  if (!before) return std::unexpected(before.error());
  struct stat seen{};
  if (::fstat(before->get(), &seen) != 0 || (!S_ISREG(seen.st_mode) && !S_ISDIR(seen.st_mode)))
    return fail(error_code::path_refused, fmt::format("{} is neither a file nor a directory", shown(path)));
  auto opened = files.open_beneath(path, O_RDONLY);
  if (!opened) opened = files.open_beneath(path, O_WRONLY);
  if (!opened) return std::unexpected(opened.error());
  if (::fchmod(opened->get(), mode & 0777U) == 0) return {};
  return system::fail_errno(fmt::format("set the mode of {}", shown(path)));
}

}  // namespace ostler::keeper
