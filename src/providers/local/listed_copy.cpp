#include "providers/local/listed_copy.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/name.hpp"
#include "providers/local/file_copy.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::providers::local {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr mode_t permissions = 07777;

// Both sides at one place: where it is copied from, and where to.
struct both {
  system::fd from;
  system::fd to;
  std::string from_path;
};

// One directory further down on both sides; it is made where the copy goes, as it is where it comes from.
result<both> descend(both at, std::string const& name) {
  auto from = system::open_at(at.from.get(), name, directory_flags);
  if (!from) return std::unexpected(from.error());
  struct stat seen{};
  if (::fstat(from->get(), &seen) != 0) return system::fail_errno(fmt::format("look at {}", name));
  if (::mkdirat(at.to.get(), name.c_str(), seen.st_mode & permissions) != 0 && errno != EEXIST)
    return system::fail_errno(fmt::format("make the directory {}", name));
  auto to = system::open_at(at.to.get(), name, directory_flags);
  if (!to) return std::unexpected(to.error());
  return both{.from = std::move(*from), .to = std::move(*to), .from_path = at.from_path + "/" + name};
}

result<void> copy_file(both const& at, std::string const& name, struct stat const& seen,
                       std::stop_token const& stop) {
  auto const from = system::open_at(at.from.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!from) return std::unexpected(from.error());
  auto const to = system::open_at(at.to.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!to) return std::unexpected(to.error());
  copy_ways ways;
  auto const copied = copy_content(from->get(), to->get(), ways, stop, at.from_path + "/" + name);
  if (!copied) return std::unexpected(copied.error());
  std::array<timespec, 2> const times{seen.st_atim, seen.st_mtim};
  if (::fchmod(to->get(), seen.st_mode & permissions) != 0 || ::futimens(to->get(), times.data()) != 0)
    return system::fail_errno(fmt::format("give {} its mode and times", name));
  return {};
}

result<void> copy_link(both const& at, std::string const& name) {
  std::array<char, 4096> target{};
  auto const length = ::readlinkat(at.from.get(), name.c_str(), target.data(), target.size() - 1);
  if (length < 0) return system::fail_errno(fmt::format("read the link {}", name));
  if (::symlinkat(target.data(), at.to.get(), name.c_str()) != 0)
    return system::fail_errno(fmt::format("make the link {}", name));
  return {};
}

// Why it was not copied; empty when it was, or was there.
result<std::string> copy_one(both at, std::vector<std::string> const& parts, copy_options const& options,
                             std::stop_token const& stop, copy_watcher const& watch) {
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto down = descend(std::move(at), parts[i]);
    if (!down && down.error().code == error_code::file_unknown) return "it is not there";
    if (!down) return std::unexpected(down.error());
    at = std::move(*down);
  }
  auto const& name = parts.back();
  struct stat seen{};
  if (::fstatat(at.from.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) return "it is not there";
  struct stat there{};
  if (::fstatat(at.to.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) return "";
  if (S_ISDIR(seen.st_mode)) {
    auto const done = copy_tree(at.from_path + "/" + name, at.to.get(), name, options, stop, watch);
    if (!done) return std::unexpected(done.error());
    return "";
  }
  result<void> done;
  if (S_ISREG(seen.st_mode))
    done = copy_file(at, name, seen, stop);
  else if (S_ISLNK(seen.st_mode))
    done = copy_link(at, name);
  else
    return "it is no file, directory or link";
  if (!done) return std::unexpected(done.error());
  return "";
}

}  // namespace

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    auto const part = path.substr(0, path.find('/'));
    if (!part.empty() && part != ".") out.emplace_back(part);
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return out;
}

result<void> check_listed(std::vector<std::string> const& paths) {
  for (auto const& path : paths) {
    auto const parts = parts_of(path);
    bool const leads_upwards = std::ranges::find(parts, "..") != parts.end();
    if (parts.empty() || leads_upwards || path.front() == '/' || path.find('\0') != std::string::npos)
      return fail(error_code::provider_refused,
                  fmt::format("{} cannot be copied: it is no path below the project", in_quotes(path)));
  }
  return {};
}

result<std::vector<std::string>> copy_listed(std::string const& project, int workspace,
                                             std::vector<std::string> const& paths,
                                             copy_options const& options, std::stop_token const& stop,
                                             copy_watcher const& watch) {
  if (auto done = check_listed(paths); !done) return std::unexpected(done.error());
  std::vector<std::string> notes;
  for (auto const& path : paths) {
    auto from = system::open_at(AT_FDCWD, project, O_RDONLY | O_DIRECTORY);
    if (!from) return std::unexpected(from.error());
    auto to = system::open_at(workspace, ".", O_RDONLY | O_DIRECTORY);
    if (!to) return std::unexpected(to.error());
    both top{.from = std::move(*from), .to = std::move(*to), .from_path = project};
    auto const why = copy_one(std::move(top), parts_of(path), options, stop, watch);
    if (!why) return std::unexpected(why.error());
    if (!why->empty()) notes.push_back(fmt::format("{} was not copied: {}", in_quotes(path), *why));
  }
  return notes;
}

}  // namespace ostler::providers::local
