#include "system/cgroups.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::system {
namespace {

// A machine has some tens of thousands of pids at most, each 8 characters here; a table of mounts may be long
// too.
constexpr std::size_t text_max = 8UL * 1024 * 1024;
// Whoever nests deeper is not followed: a path has an end.
constexpr std::size_t depth_max = 64;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    auto const end = std::min(text.find(at), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// mountinfo writes a space as \040, and likewise tab, newline and backslash.
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    auto const digits = text.substr(i + 1, 3);
    if (text[i] == '\\' && digits.size() == 3 &&
        std::from_chars(digits.data(), digits.data() + 3, code, 8).ptr == digits.data() + 3) {
      plain.push_back(static_cast<char>(code));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

bool names_controller(std::string_view option) {
  constexpr std::string_view others[] = {"rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec"};
  return std::ranges::find(others, option) == std::ranges::end(others);
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  auto const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || (read.ptr != end && *read.ptr != '\n')) return std::nullopt;
  return number;
}

struct directory_closer {
  void operator()(DIR* open) const { ::closedir(open); }
};

std::vector<std::string> folders_in(std::string const& path) {
  std::vector<std::string> found;
  std::unique_ptr<DIR, directory_closer> const open(::opendir(path.c_str()));
  if (!open) return found;
  while (auto const* entry = ::readdir(open.get()))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') found.push_back(path + "/" + entry->d_name);
  return found;
}

// Itself first, then all below, those above before those below them.
std::vector<std::string> with_all_below(std::string const& path) {
  std::vector<std::string> all{path};
  auto const depth = std::ranges::count(path, '/');
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (std::ranges::count(all[i], '/') - depth >= static_cast<std::ptrdiff_t>(depth_max)) continue;
    for (auto& folder : folders_in(all[i])) all.push_back(std::move(folder));
  }
  return all;
}

}  // namespace

std::vector<cgroup_mount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<cgroup_mount> mounts;
  for (auto const line : split(mountinfo, '\n')) {
    // id parent device root point options [optional…] - type source options
    auto const dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    auto const before = split(line.substr(0, dash), ' ');
    auto const after = split(line.substr(dash + 3), ' ');
    if (before.size() < 6 || after.size() < 3) continue;
    if (after[0] != "cgroup" && after[0] != "cgroup2") continue;
    cgroup_mount mount{.root = without_escapes(before[3]),
                       .point = without_escapes(before[4]),
                       .unified = after[0] == "cgroup2",
                       .controllers = {}};
    if (!mount.unified)
      for (auto const option : split(after[2], ','))
        if (names_controller(option)) mount.controllers.emplace_back(option);
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

std::vector<cgroup_membership> parse_cgroup_memberships(std::string_view lines) {
  std::vector<cgroup_membership> all;
  for (auto const line : split(lines, '\n')) {
    // number:controllers:path
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    auto const controllers = line.substr(first + 1, second - first - 1);
    cgroup_membership one{.path = std::string(line.substr(second + 1)),
                          .unified = line.substr(0, first) == "0" && controllers.empty(),
                          .controllers = {}};
    for (auto const controller : split(controllers, ',')) one.controllers.emplace_back(controller);
    all.push_back(std::move(one));
  }
  return all;
}

result<std::vector<cgroup_membership>> cgroups_of(pid_t pid) {
  auto const text = read_file_at(AT_FDCWD, fmt::format("/proc/{}/cgroup", pid), text_max);
  if (!text) return std::unexpected(text.error());
  return parse_cgroup_memberships(*text);
}

bool path_is_within(std::string_view inner, std::string_view outer) {
  if (outer == "/") return inner.starts_with('/');
  return inner == outer ||
         (inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/');
}

std::optional<std::string> cgroup_hierarchy::directory_of(std::string_view path) const {
  if (!path_is_within(path, mount.root)) return std::nullopt;
  if (mount.root != "/") path.remove_prefix(mount.root.size());
  if (path == "/") path = {};
  return mount.point + std::string(path);
}

std::string cgroup_hierarchy::path_of(std::string_view directory) const {
  directory.remove_prefix(std::min(mount.point.size(), directory.size()));
  if (mount.root == "/") return directory.empty() ? "/" : std::string(directory);
  return mount.root + std::string(directory);
}

result<cgroup_hierarchy> find_hierarchy(std::string_view controller) {
  auto const fits = [&](auto const& one) {
    if (controller.empty()) return one.unified;
    return std::ranges::find(one.controllers, controller) != one.controllers.end();
  };
  auto const missing = [&] {
    return fail(error_code::feature_missing,
                controller.empty()
                    ? std::string("no cgroup v2 is mounted")
                    : fmt::format("no cgroup v1 with the controller {} is mounted", controller));
  };
  auto const mountinfo = read_file_at(AT_FDCWD, "/proc/self/mountinfo", text_max);
  if (!mountinfo) return std::unexpected(mountinfo.error());
  auto const mounts = parse_cgroup_mounts(*mountinfo);
  auto const mount = std::ranges::find_if(mounts, fits);
  if (mount == mounts.end()) return missing();
  auto const own = cgroups_of(::getpid());
  if (!own) return std::unexpected(own.error());
  auto const membership = std::ranges::find_if(*own, fits);
  if (membership == own->end()) return missing();
  return cgroup_hierarchy{.mount = *mount, .own_path = membership->path};
}

result<cgroup_directory> cgroup_directory::make(std::string path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno(fmt::format("make the cgroup {}", path));
  return open(std::move(path));
}

result<cgroup_directory> cgroup_directory::open(std::string path) {
  auto open = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!open) return std::unexpected(open.error());
  return cgroup_directory(std::move(path), std::move(*open));
}

bool cgroup_directory::has(std::string const& file) const {
  return ::faccessat(open_.get(), file.c_str(), F_OK, 0) == 0;
}

result<std::string> cgroup_directory::read(std::string const& file) const {
  return read_file_at(open_.get(), file, text_max);
}

result<void> cgroup_directory::write(std::string const& file, std::string_view text) const {
  auto const what = [&] { return fmt::format("write \"{}\" to {}/{}", text, path_, file); };
  auto const opened = open_at(open_.get(), file, O_WRONLY);
  if (!opened)
    return fail(opened.error().code, fmt::format("could not {}: {}", what(), opened.error().message));
  // One write is one order to the kernel.
  if (uninterrupted([&] { return ::write(opened->get(), text.data(), text.size()); }) < 0)
    return fail_errno(what());
  return {};
}

std::optional<std::uint64_t> cgroup_directory::number(std::string const& file, std::string_view key) const {
  auto const text = read(file);
  if (!text) return std::nullopt;
  if (key.empty()) return read_number(*text);
  for (auto const line : split(*text, '\n'))
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' '))
      return read_number(line.substr(key.size() + 1));
  return std::nullopt;
}

result<std::vector<pid_t>> cgroup_directory::processes() const {
  std::vector<pid_t> all;
  for (auto const& path : with_all_below(path_)) {
    auto const text = read_file_at(AT_FDCWD, path + "/cgroup.procs", text_max);
    if (!text) {
      // Gone meanwhile; or one of threads, whose processes the one above it lists.
      if (path != path_ || text.error().code == error_code::file_unknown) continue;
      return std::unexpected(text.error());
    }
    for (auto const line : split(*text, '\n'))
      if (auto const number = read_number(line); number && *number > 0)
        all.push_back(static_cast<pid_t>(*number));
  }
  return all;
}

result<void> cgroup_directory::remove() const {
  auto all = with_all_below(path_);
  std::ranges::reverse(all);
  for (auto const& path : all)
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT)
      return fail_errno(fmt::format("remove the cgroup {}", path));
  return {};
}

}  // namespace ostler::system
