#include "providers/local/places.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "system/directory_stream.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"
#include "system/random.hpp"
#include "system/tree_removal.hpp"

namespace ostler::providers::local {
namespace {

constexpr int open_directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

result<system::fd> open_below(int directory, std::string const& name) {
  if (::mkdirat(directory, name.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return system::fail_errno(fmt::format("make the directory {}", name));
  return system::open_at(directory, name, open_directory_flags);
}

result<void> check_private(int directory, std::string const& path) {
  struct stat seen{};
  if (::fstat(directory, &seen) != 0) return system::fail_errno(fmt::format("look at {}", path));
  if (seen.st_uid != ::geteuid())
    return fail(error_code::not_permitted,
                fmt::format("{} belongs to user {}, not to us", path, seen.st_uid));
  if ((seen.st_mode & 0077U) != 0)
    return fail(error_code::not_permitted,
                fmt::format("{} may be used by others (mode {:o})", path, seen.st_mode & 0777U), {},
                {fmt::format("chmod 700 {}", path)});
  return {};
}

finding foreign(std::string why) {
  return {.state = standing::foreign, .says = {}, .directory = {}, .why = std::move(why)};
}

bool same_entry(int directory, std::string const& name, int opened) {
  struct stat one{};
  struct stat other{};
  return ::fstatat(directory, name.c_str(), &one, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(opened, &other) == 0 &&
         one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

result<std::vector<std::string>> names_in(int directory) {
  auto opened = system::open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  auto stream = system::directory_stream::open(std::move(*opened), ".");
  if (!stream) return std::unexpected(stream.error());
  std::vector<std::string> names;
  for (;;) {
    auto const item = stream->next();
    if (!item) return std::unexpected(item.error());
    if (!*item) return names;
    names.emplace_back((*item)->name);
  }
}

}  // namespace

result<bool> empty_out(int directory, std::string const& name, std::stop_token const& stop,
                       removal_watcher const& watch) {
  auto held = system::open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!held) return std::unexpected(held.error());
  auto work = system::tree_removal::begin(std::move(*held), name, system::locked_directories::open);
  if (!work) return std::unexpected(work.error());
  for (;;) {
    auto const done = work->step();
    if (!done && done.error().code == error_code::file_unknown && work->removed() == 0) return false;
    if (!done)
      return fail(error_code::delete_incomplete,
                  fmt::format("{} is not all removed: {}", system::shown(name), done.error().message),
                  done.error().message);
    watch(work->removed());
    if (*done) return true;
    if (stop.stop_requested())
      return fail(error_code::cancelled, fmt::format("the removal of {} was given up", system::shown(name)));
  }
}

result<places> places::open(std::string root) {
  if (!root.starts_with('/'))
    return fail(error_code::provider_unavailable,
                fmt::format("the root of the local places, {}, is no absolute path", system::shown(root)));
  if (::mkdir(root.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    return system::fail_errno(fmt::format("make the directory {}", root));
  auto directory = system::open_at(AT_FDCWD, root, open_directory_flags);
  if (!directory) return std::unexpected(directory.error());
  if (auto done = check_private(directory->get(), root); !done) return std::unexpected(done.error());
  // Keepers and services are told this path: without links, it stays true when a link is changed.
  std::unique_ptr<char, decltype(&std::free)> const real(::realpath(root.c_str(), nullptr), &std::free);
  places made(real ? std::string(real.get()) : std::move(root), std::move(*directory));
  for (auto const& [name, to] : {std::pair{"making", &made.making_}, std::pair{"places", &made.places_},
                                 std::pair{"trash", &made.trash_}}) {
    auto below = open_below(made.directory_.get(), name);
    if (!below) return std::unexpected(below.error());
    *to = std::move(*below);
  }
  return made;
}

std::string places::path_of(std::string_view name) const { return fmt::format("{}/places/{}", root_, name); }

result<bool> places::in_trash(std::string const& name) const {
  struct stat seen{};
  if (::fstatat(trash_.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  return system::fail_errno(fmt::format("look for {} in the trash", name));
}

result<finding> places::find(marker const& expected) const {
  system::fd opened(::openat(places_.get(), expected.name.c_str(), open_directory_flags | O_CLOEXEC));
  if (!opened && errno == ENOENT) {
    auto const leaving = in_trash(expected.name);
    if (!leaving) return std::unexpected(leaving.error());
    return finding{
        .state = *leaving ? standing::leaving : standing::absent, .says = {}, .directory = {}, .why = {}};
  }
  auto const path = path_of(expected.name);
  if (!opened && (errno == ENOTDIR || errno == ELOOP))
    return foreign(fmt::format("{} is no directory", path));
  if (!opened) return system::fail_errno(fmt::format("open {}", path));
  auto says = read_marker(opened.get());
  if (!says && says.error().code != error_code::file_unknown &&
      says.error().code != error_code::text_malformed && says.error().code != error_code::value_out_of_range)
    return std::unexpected(says.error());
  if (!says) return foreign(fmt::format("{} bears no marker of ours: {}", path, says.error().message));
  if (says->daemon != expected.daemon || says->instance != expected.instance || says->name != expected.name)
    return foreign(fmt::format("{} belongs to daemon {}, instance {}", path, system::shown(says->daemon),
                               says->instance ? says->instance.text() : "none"));
  return finding{
      .state = standing::ours, .says = std::move(*says), .directory = std::move(opened), .why = {}};
}

result<system::fd> places::make(marker const& labels, std::string const& inside) const {
  auto const staged = fmt::format("{}.{}", labels.name, system::random_nonce());
  if (::mkdirat(making_.get(), staged.c_str(), S_IRWXU) != 0)
    return system::fail_errno(fmt::format("make the directory of {}", labels.name));
  auto named = [&]() -> result<system::fd> {
    auto directory = system::open_at(making_.get(), staged, open_directory_flags);
    if (!directory) return directory;
    if (::mkdirat(directory->get(), inside.c_str(), S_IRWXU) != 0)
      return system::fail_errno(fmt::format("make {} of {}", inside, labels.name));
    if (auto done = write_marker(directory->get(), labels); !done) return std::unexpected(done.error());
    if (::renameat2(making_.get(), staged.c_str(), places_.get(), labels.name.c_str(), RENAME_NOREPLACE) != 0)
      return system::fail_errno(fmt::format("give {} its name", labels.name));
    if (::fsync(places_.get()) != 0) return system::fail_errno("sync the directory of the places");
    return directory;
  }();
  if (!named) {
    // Best effort: what stays is swept at the next start.
    static_cast<void>(empty_out(making_.get(), staged, {}, [](std::uint64_t) {}));
  }
  return named;
}

result<void> places::to_trash(marker const& expected, finding const& found) const {
  auto const& name = expected.name;
  if (::renameat2(places_.get(), name.c_str(), trash_.get(), name.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == ENOENT) return {};
    return fail(
        error_code::delete_incomplete,
        fmt::format("{} could not be taken from its name: {}", path_of(name), system::errno_text(errno)),
        path_of(name));
  }
  if (same_entry(trash_.get(), name, found.directory.get())) return {};
  // Exchanged after we had looked: it gets its name back, and is left alone.
  ::renameat2(trash_.get(), name.c_str(), places_.get(), name.c_str(), RENAME_NOREPLACE);
  return fail(error_code::foreign_resource,
              fmt::format("{} was exchanged for something else", path_of(name)));
}

result<void> places::remove(marker const& expected, std::stop_token const& stop,
                            removal_watcher const& watch) const {
  auto const found = find(expected);
  if (!found) return std::unexpected(found.error());
  if (found->state == standing::foreign) return fail(error_code::foreign_resource, found->why);
  // A rest of an earlier removal comes first, so that the name in the trash is free.
  if (auto done = empty_out(trash_.get(), expected.name, stop, watch); !done)
    return std::unexpected(done.error());
  if (found->state != standing::ours) return {};
  if (auto done = to_trash(expected, *found); !done) return done;
  if (auto done = empty_out(trash_.get(), expected.name, stop, watch); !done)
    return std::unexpected(done.error());
  return {};
}

std::vector<std::string> places::sweep(std::stop_token const& stop, removal_watcher const& watch) const {
  std::vector<std::string> residue;
  for (auto const* from : {&trash_, &making_}) {
    auto const names = names_in(from->get());
    if (!names) {
      residue.push_back(names.error().message);
      continue;
    }
    for (auto const& name : *names) {
      if (stop.stop_requested()) return residue;
      if (auto done = empty_out(from->get(), name, stop, watch); !done)
        residue.push_back(done.error().message);
    }
  }
  return residue;
}

result<std::vector<marker>> places::list() const {
  auto const names = names_in(places_.get());
  if (!names) return std::unexpected(names.error());
  std::vector<marker> all;
  for (auto const& name : *names) {
    system::fd const opened(::openat(places_.get(), name.c_str(), open_directory_flags | O_CLOEXEC));
    if (!opened) continue;
    auto says = read_marker(opened.get());
    // What bears another name than its own was moved by somebody, and is not ours to list.
    if (says && says->name == name) all.push_back(std::move(*says));
  }
  return all;
}

}  // namespace ostler::providers::local
