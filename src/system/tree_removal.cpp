#include "system/tree_removal.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"
#include "system/path_text.hpp"

namespace ostler::system {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

// Gives its owner the use of a directory. Through /proc, because the name may have become a link since it was
// opened.
void unlock(int opened) { ::chmod(fmt::format("/proc/self/fd/{}", opened).c_str(), S_IRWXU); }

}  // namespace

result<tree_removal> tree_removal::begin(fd directory, std::string name, locked_directories locked) {
  auto const mount = mount_of(directory.get());
  if (!mount) return std::unexpected(mount.error());
  return tree_removal(std::move(directory), std::move(name), *mount, locked);
}

std::unexpected<error> tree_removal::refuse(int why, std::string_view name) const {
  auto const what = shown(path_.empty() ? std::string(name) : fmt::format("{}/{}", path_, name));
  if (why == EBUSY || why == EXDEV)
    return fail(error_code::not_permitted,
                fmt::format("{} is a mount point; what is mounted is not removed", what));
  return fail_errno(fmt::format("remove {}", what), why);
}

result<bool> tree_removal::step() {
  for (int call = 0; call < calls_a_step; ++call) {
    auto const done = step_once();
    if (!done || *done) return done;
  }
  return false;
}

result<bool> tree_removal::step_once() {
  if (levels_.empty()) {
    auto const first = remove(directory_.get(), name_);
    if (!first) return std::unexpected(first.error());
    if (*first == outcome::gone) return true;
    if (auto done = go_down(directory_.get(), name_); !done) return std::unexpected(done.error());
    return levels_.empty() ? begin_again() : false;
  }
  auto const& here = levels_.back().entries;
  auto const item = levels_.back().entries.next();
  if (!item) return std::unexpected(item.error());
  if (!*item) return go_up();
  std::string const name = (*item)->name;
  auto const done = remove(here.get(), name);
  if (!done) return std::unexpected(done.error());
  if (*done == outcome::gone) return false;
  if (auto down = go_down(here.get(), name); !down) return std::unexpected(down.error());
  return false;
}

result<tree_removal::outcome> tree_removal::remove(int directory, std::string const& name) {
  // Twice, because it may be exchanged between the two calls.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto const why = unlink(directory, name, 0);
    if (why == 0) {
      ++removed_;
      return outcome::gone;
    }
    if (why == ENOENT) {
      // The top must have been there, or the caller is told so.
      if (levels_.empty() && removed_ == 0 && restarts_ == 0) return refuse(why, name);
      return outcome::gone;
    }
    // Some file systems say EPERM for a directory.
    if (why != EISDIR && why != EPERM) return refuse(why, name);
    auto const again = unlink(directory, name, AT_REMOVEDIR);
    if (again == 0) {
      ++removed_;
      return outcome::gone;
    }
    if (again == ENOTEMPTY || again == EEXIST) return outcome::full;
    if (again == ENOENT) return outcome::gone;
    if (again != ENOTDIR) return refuse(again, name);
    if (why == EPERM) return refuse(why, name);
  }
  return outcome::full;
}

int tree_removal::unlink(int directory, std::string const& name, int flags) const {
  if (::unlinkat(directory, name.c_str(), flags) == 0) return 0;
  // What holds the tree is not of the tree, and stays as it is.
  bool const may_unlock = locked_ == locked_directories::open && !levels_.empty();
  if (errno != EACCES || !may_unlock) return errno;
  unlock(directory);
  return ::unlinkat(directory, name.c_str(), flags) == 0 ? 0 : errno;
}

fd tree_removal::open_directory(int directory, std::string const& name) const {
  fd opened(::openat(directory, name.c_str(), directory_flags));
  if (opened || errno != EACCES || locked_ == locked_directories::respect) return opened;
  fd const seen(::openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (seen) unlock(seen.get());
  return fd(::openat(directory, name.c_str(), directory_flags));
}

result<void> tree_removal::go_down(int directory, std::string const& name) {
  auto opened = open_directory(directory, name);
  // Exchanged for something that is no directory: it is met again when the level above is read again.
  if (!opened && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return {};
  if (!opened) return refuse(errno, name);
  auto const mount = mount_of(opened.get());
  if (!mount) return std::unexpected(mount.error());
  if (!same_mount(*mount, mount_)) return refuse(EXDEV, name);
  struct stat seen{};
  if (::fstat(opened.get(), &seen) != 0) return refuse(errno, name);
  auto entries = directory_stream::open(std::move(opened), name);
  if (!entries) return std::unexpected(entries.error());
  levels_.push_back({.inode = seen.st_ino, .entries = std::move(*entries)});
  // In place: paths of trees without bound are long.
  if (!path_.empty()) path_ += '/';
  path_ += name;
  if (levels_.size() > open_max) levels_[levels_.size() - open_max - 1].entries = {};
  return {};
}

result<bool> tree_removal::begin_again() {
  levels_.clear();
  path_.clear();
  if (++restarts_ <= restarts_max) return false;
  return fail(error_code::system_exhausted,
              fmt::format("{} changes faster than it can be removed", shown(name_)));
}

// Makes sure that the level above the deepest is open; false when it is not above it any more.
result<bool> tree_removal::open_parent() {
  auto& parent = levels_[levels_.size() - 2];
  if (parent.entries) return true;
  fd above(::openat(levels_.back().entries.get(), "..", directory_flags));
  struct stat seen{};
  if (!above || ::fstat(above.get(), &seen) != 0) return false;
  auto const mount = mount_of(above.get());
  if (!mount) return std::unexpected(mount.error());
  if (seen.st_ino != parent.inode || !same_mount(*mount, mount_)) return false;
  auto entries = directory_stream::open(std::move(above), path_);
  if (!entries) return std::unexpected(entries.error());
  parent.entries = std::move(*entries);
  return true;
}

result<bool> tree_removal::go_up() {
  bool const at_top = levels_.size() == 1;
  if (!at_top) {
    auto const found = open_parent();
    if (!found) return found;
    if (!*found) return begin_again();
  }
  auto const slash = path_.rfind('/');
  auto const name = at_top ? path_ : path_.substr(slash + 1);
  path_.resize(at_top ? 0 : slash);
  levels_.pop_back();
  auto const above = at_top ? directory_.get() : levels_.back().entries.get();
  auto const why = unlink(above, name, AT_REMOVEDIR);
  if (why == 0) ++removed_;
  if (why == 0 || why == ENOENT) return at_top;
  // Somebody put something in, or something else in its place.
  if (why == ENOTEMPTY || why == EEXIST || why == ENOTDIR) return begin_again();
  return refuse(why, name);
}

}  // namespace ostler::system
