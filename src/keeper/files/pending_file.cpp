#include "keeper/files/pending_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/random.hpp"

namespace ostler::keeper {
namespace {

std::string own_descriptor_path(int number) { return fmt::format("/proc/self/fd/{}", number); }

// The name is taken first by something of ours, so that it is refused by the system when it is occupied.
int rename_without_replacing(place const& from, place const& to) {
  auto const* old_name = from.name.c_str();
  auto const* new_name = to.name.c_str();
  if (::linkat(from.directory.get(), old_name, to.directory.get(), new_name, 0) == 0)
    return ::unlinkat(from.directory.get(), old_name, 0);
  // A directory has no second link, but it may be renamed over an empty one.
  if (errno == EEXIST || ::mkdirat(to.directory.get(), new_name, 0700) != 0) return -1;
  if (::renameat(from.directory.get(), old_name, to.directory.get(), new_name) == 0) return 0;
  auto const why = errno;
  ::unlinkat(to.directory.get(), new_name, AT_REMOVEDIR);
  errno = why;
  return -1;
}

}  // namespace

result<pending_file> pending_file::make(place where, kind how) {
  pending_file made(std::move(where));
  if (how == kind::nameless_if_possible) {
    made.file_.reset(::openat(made.where_.directory.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (made.file_ && ::faccessat(AT_FDCWD, own_descriptor_path(made.get()).c_str(), F_OK, 0) == 0)
      return made;
  }
  if (auto done = made.make_hidden(); !done) return std::unexpected(done.error());
  return made;
}

result<void> pending_file::make_hidden() {
  auto name = ".ostler-" + system::random_nonce();
  file_.reset(::openat(where_.directory.get(), name.c_str(),
                       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) return system::fail_errno(fmt::format("make a file beside {}", shown(where_.name)));
  hidden_ = std::move(name);
  return {};
}

pending_file::~pending_file() {
  if (!hidden_.empty()) ::unlinkat(where_.directory.get(), hidden_.c_str(), 0);
}

result<void> pending_file::link_as(std::string const& name) const {
  if (::linkat(AT_FDCWD, own_descriptor_path(get()).c_str(), where_.directory.get(), name.c_str(),
               AT_SYMLINK_FOLLOW) == 0)
    return {};
  return system::fail_errno(fmt::format("give the new file the name {}", shown(name)));
}

result<void> pending_file::put(occupied what) {
  if (hidden_.empty()) {
    auto direct = link_as(where_.name);
    if (direct || what == occupied::refused || direct.error().code != error_code::file_exists) return direct;
    auto name = ".ostler-" + system::random_nonce();
    if (auto linked = link_as(name); !linked) return linked;
    hidden_ = std::move(name);
  }
  place const from{.directory = system::fd(::fcntl(where_.directory.get(), F_DUPFD_CLOEXEC, 0)),
                   .name = hidden_};
  if (!from.directory) return system::fail_errno("hold a directory");
  if (auto done = rename_entry(from, where_, what); !done) return done;
  hidden_.clear();
  return {};
}

result<void> pending_file::sync_name() const {
  auto const folder = system::open_at(where_.directory.get(), ".", O_RDONLY | O_DIRECTORY);
  if (!folder) return std::unexpected(folder.error());
  if (::fsync(folder->get()) != 0)
    return system::fail_errno(fmt::format("sync the directory of {}", shown(where_.name)));
  return {};
}

result<void> rename_entry(place const& from, place const& to, occupied what) {
  unsigned const flags = what == occupied::refused ? RENAME_NOREPLACE : 0;
  int done = ::renameat2(from.directory.get(), from.name.c_str(), to.directory.get(), to.name.c_str(), flags);
  if (done != 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS))
    done = rename_without_replacing(from, to);
  if (done == 0) return {};
  auto const what_failed = fmt::format("rename {} to {}", shown(from.name), shown(to.name));
  if (errno == EXDEV)
    return fail(
        error_code::feature_missing,
        fmt::format("could not {}: it lies on another file system; copy it, then remove it", what_failed));
  if (errno == EISDIR)
    return fail(error_code::file_exists, fmt::format("could not {}: a directory is there", what_failed));
  if (errno == EINVAL)
    return fail(error_code::path_refused,
                fmt::format("could not {}: it would lie within itself", what_failed));
  return system::fail_errno(what_failed);
}

}  // namespace ostler::keeper
