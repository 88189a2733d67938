#include "keeper/files/workspace.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "keeper/files/walk.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// The kernel gives up with EAGAIN when something beneath was renamed meanwhile; it may be kept doing so.
constexpr int attempts_max = 32;

std::unexpected<error> refuse(int why, std::string_view what, std::string_view path) {
  if (why == EXDEV)
    return fail(error_code::path_refused, fmt::format("{} leads out of the workspace", shown(path)));
  if (why == ELOOP)
    return fail(error_code::path_refused,
                fmt::format("{} is a link, or a chain of links, that is not followed here", shown(path)));
  if (why == ENAMETOOLONG)
    return fail(error_code::value_out_of_range,
                fmt::format("{} is longer than the file system takes", shown(path)));
  return system::fail_errno(fmt::format("{} {}", what, shown(path)), why);
}

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string real_path_of(std::string const& path) {
  std::unique_ptr<char, decltype(&std::free)> const found(::realpath(path.c_str(), nullptr), &std::free);
  return found ? std::string(found.get()) : path;
}

bool kernel_confines(int root) {
  std::string const path = ".";
  system::fd const opened(open_by_kernel({.root = root,
                                          .path = path,
                                          .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                                          .mode = 0,
                                          .which = links::followed,
                                          .root_path = path,
                                          .real_path = path}));
  // Old kernels say ENOSYS, some sandboxes EPERM: any refusal of something so harmless means that it is not
  // there for us.
  return static_cast<bool>(opened);
}

}  // namespace

std::string_view part_below(std::string_view path, std::string_view root) {
  if (!path.starts_with(root)) return {};
  auto below = path.substr(root.size());
  if (root != "/" && !below.empty() && !below.starts_with('/')) return {};
  auto const begin = below.find_first_not_of('/');
  return begin == std::string_view::npos ? std::string_view(".") : below.substr(begin);
}

result<std::string> read_link(int directory, std::string const& name) {
  std::array<char, PATH_MAX> text{};
  auto const length = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  if (length < 0) return system::fail_errno(fmt::format("read the link {}", shown(name)));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

workspace::workspace(system::fd root, std::string root_path, std::string real_path, resolver by)
    : root_(std::move(root)), root_path_(std::move(root_path)), real_path_(std::move(real_path)), by_(by) {}

result<workspace> workspace::open(std::string const& root, resolver by) {
  if (!root.starts_with('/'))
    return fail(error_code::path_refused, fmt::format("the workspace {} is no absolute path", shown(root)));
  auto opened = system::open_at(AT_FDCWD, root, O_PATH | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  if (by == resolver::kernel && !kernel_confines(opened->get())) by = resolver::walk;
  return workspace(std::move(*opened), without_last_slashes(root), real_path_of(root), by);
}

result<workspace> workspace::beneath(std::string_view path) const {
  auto const inside = relative(path);
  if (!inside) return std::unexpected(inside.error());
  auto opened = open_beneath(*inside, O_PATH | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  auto const below = [&](std::string const& root) {
    return root == "/" ? "/" + *inside : root + "/" + *inside;
  };
  return workspace(std::move(*opened), without_last_slashes(below(root_path_)),
                   without_last_slashes(below(real_path_)), by_);
}

result<std::string> workspace::relative(std::string_view path) const {
  if (path.find('\0') != std::string_view::npos)
    return fail(error_code::path_refused, fmt::format("{} holds a NUL byte, which no path can", shown(path)));
  if (path.size() > path_length_max)
    return fail(error_code::value_out_of_range,
                fmt::format("{} is longer than {} bytes", shown(path), path_length_max));
  if (path.empty()) return std::string(".");
  if (!path.starts_with('/')) return std::string(path);
  auto below = part_below(path, root_path_);
  if (below.empty()) below = part_below(path, real_path_);
  if (below.empty())
    return fail(error_code::path_refused,
                fmt::format("{} lies outside the workspace {}", shown(path), shown(root_path_)));
  return std::string(below);
}

result<system::fd> workspace::open_beneath(std::string_view path, int flags, mode_t mode, links which) const {
  auto const inside = relative(path);
  if (!inside) return std::unexpected(inside.error());
  return open_confined(*inside, flags, mode, which);
}

result<system::fd> workspace::open_confined(std::string const& path, int flags, mode_t mode,
                                            links which) const {
  flags |= O_CLOEXEC;
  // openat2 refuses what makes no sense together, where openat ignores it.
  if ((flags & O_PATH) == 0) flags |= O_NONBLOCK | O_NOCTTY;
  if ((flags & O_CREAT) == 0) mode = 0;
  open_request const asked{.root = root_.get(),
                           .path = path,
                           .flags = flags,
                           .mode = mode,
                           .which = which,
                           .root_path = root_path_,
                           .real_path = real_path_};
  for (int attempt = 0; by_ == resolver::kernel && attempt < attempts_max; ++attempt) {
    system::fd opened(open_by_kernel(asked));
    if (opened) return opened;
    // An absolute link that names the root is inside for us, not for the kernel: the walk decides.
    if (errno == EXDEV) break;
    if (errno != EAGAIN) return refuse(errno, "open", path);
  }
  system::fd opened(open_by_walk(asked));
  if (!opened) return refuse(errno, "open", path);
  return opened;
}

result<system::fd> workspace::open_regular(std::string_view path, int flags) const {
  // Opening a device can do something, so what is there is looked at first; it is looked at again afterwards
  // because it may have been exchanged.
  auto const before = open_beneath(path, O_PATH | (flags & O_NOFOLLOW));
  if (!before) return std::unexpected(before.error());
  struct stat seen{};
  auto const is_regular = [&](int opened) { return ::fstat(opened, &seen) == 0 && S_ISREG(seen.st_mode); };
  auto const no_file = [&] {
    return fail(error_code::path_refused, S_ISDIR(seen.st_mode)
                                              ? fmt::format("{} is a directory", shown(path))
                                              : fmt::format("{} is no regular file", shown(path)));
  };
  if (!is_regular(before->get())) return no_file();
  auto opened = open_beneath(path, flags);
  if (opened && !is_regular(opened->get())) return no_file();
  return opened;
}

result<std::string> workspace::follow(std::string const& folder, std::string_view target,
                                      std::string_view asked) const {
  if (!target.starts_with('/')) return relative(join(folder, target));
  auto inside = relative(target);
  if (!inside) return refuse(EXDEV, "follow", asked);
  return inside;
}

result<place> workspace::place_of(std::string_view path, last_link last, links which) const {
  auto inside = relative(path);
  for (std::size_t link = 0; inside && link <= link_chain_max; ++link) {
    auto [folder, name] = split(*inside);
    if (name.empty() || name == "." || name == "..")
      return fail(error_code::path_refused,
                  fmt::format("{} names no entry of a directory; name it by its own name", shown(path)));
    auto directory = open_confined(folder, O_PATH | O_DIRECTORY, 0, which);
    if (!directory) return std::unexpected(directory.error());
    auto const target =
        last == last_link::kept ? fail(error_code::file_unknown, "") : read_link(directory->get(), name);
    if (!target) return place{.directory = std::move(*directory), .name = std::move(name)};
    inside = follow(folder, *target, path);
  }
  if (!inside) return std::unexpected(inside.error());
  return refuse(ELOOP, "follow", path);
}

}  // namespace ostler::keeper
