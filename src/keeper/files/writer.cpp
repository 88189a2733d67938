#include "keeper/files/writer.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/files/change.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

constexpr mode_t mode_of_new = 0644;

std::unexpected<error> changed(std::string_view path) {
  return fail(error_code::file_changed, fmt::format("{} is not the file that was looked at", shown(path)));
}

// What lies at the place now; none when nothing does.
result<std::optional<struct stat>> look_there(place const& at, std::string_view path) {
  struct stat seen{};
  if (::fstatat(at.directory.get(), at.name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0) return seen;
  if (errno == ENOENT) return std::nullopt;
  return system::fail_errno(fmt::format("look at {}", shown(path)));
}

result<void> check_replaceable(place const& at, std::optional<struct stat> const& there,
                               std::string_view path, write_options const& options) {
  if (options.if_match && (!there || describe(*there).tag != *options.if_match)) return changed(path);
  if (!there) return {};
  if (options.way == write_options::how::create_only)
    return fail(error_code::file_exists, fmt::format("{} exists already", shown(path)));
  if (S_ISDIR(there->st_mode))
    return fail(error_code::file_exists, fmt::format("{} is a directory", shown(path)));
  if (!S_ISREG(there->st_mode))
    return fail(error_code::path_refused, fmt::format("{} is no regular file", shown(path)));
  // Replacing needs no right to the file itself, but who took that right away meant it.
  if (::faccessat(at.directory.get(), at.name.c_str(), W_OK, 0) != 0)
    return system::fail_errno(fmt::format("write {}", shown(path)));
  return {};
}

// The new file looks like the one that it replaces.
result<void> take_after(int file, std::optional<struct stat> const& there, std::string_view path,
                        write_options const& options) {
  // Only the owner's own keeper, or root, may give a file away; for others it becomes theirs.
  if (there) static_cast<void>(::fchown(file, there->st_uid, there->st_gid));
  auto const former = there ? there->st_mode & 0777U : mode_of_new;
  if (::fchmod(file, options.mode.value_or(former) & 0777U) != 0)
    return system::fail_errno(fmt::format("set the mode of {}", shown(path)));
  return {};
}

}  // namespace

result<writer> writer::open(workspace const& files, std::string_view path, write_options const& options) {
  auto const inside = files.relative(path);
  if (!inside) return std::unexpected(inside.error());
  if (options.folders == write_options::parents::made)
    if (auto made = make_directories(files, split(*inside).folder); !made)
      return std::unexpected(made.error());
  return options.way == write_options::how::append ? open_to_append(files, *inside, options)
                                                   : open_to_replace(files, *inside, options);
}

result<writer> writer::open_to_append(workspace const& files, std::string_view path,
                                      write_options const& options) {
  constexpr int flags = O_WRONLY | O_APPEND;
  auto opened = files.open_regular(path, flags);
  if (!opened && opened.error().code == error_code::file_unknown && !options.if_match)
    opened = files.open_beneath(path, flags | O_CREAT, options.mode.value_or(mode_of_new) & 0777U);
  if (!opened) return std::unexpected(opened.error());
  auto const info = look_at(opened->get(), path);
  if (!info) return std::unexpected(info.error());
  if (info->kind != entry_kind::file)
    return fail(error_code::path_refused, fmt::format("{} is no regular file", shown(path)));
  if (options.if_match && info->tag != *options.if_match) return changed(path);
  return writer(std::move(*opened), options, std::string(path));
}

result<writer> writer::open_to_replace(workspace const& files, std::string_view path,
                                       write_options const& options) {
  // A link keeps being one: what it points to is replaced.
  auto at = files.place_of(
      path, options.way == write_options::how::create_only ? last_link::kept : last_link::followed);
  if (!at) return std::unexpected(at.error());
  auto const there = look_there(*at, path);
  if (!there) return std::unexpected(there.error());
  if (auto fit = check_replaceable(*at, *there, path, options); !fit) return std::unexpected(fit.error());
  auto made = pending_file::make(std::move(*at), options.pending);
  if (!made) return std::unexpected(made.error());
  if (auto done = take_after(made->get(), *there, path, options); !done) return std::unexpected(done.error());
  return writer(std::move(*made), options, std::string(path));
}

int writer::target() const {
  if (auto const* pending = std::get_if<pending_file>(&target_)) return pending->get();
  return std::get<system::fd>(target_).get();
}

result<void> writer::push(byte_view piece) {
  auto done = system::write_all(target(), piece);
  if (!done) done.error().message = fmt::format("{} in {}", done.error().message, shown(path_));
  return done;
}

result<file_info> writer::finish() {
  bool const synced = options_.kept == write_options::sync::power;
  if (synced && ::fsync(target()) != 0) return system::fail_errno(fmt::format("sync {}", shown(path_)));
  if (auto* pending = std::get_if<pending_file>(&target_)) {
    auto const there = look_there(pending->where(), path_);
    if (!there) return std::unexpected(there.error());
    if (auto fit = check_replaceable(pending->where(), *there, path_, options_); !fit)
      return std::unexpected(fit.error());
    auto const what =
        options_.way == write_options::how::create_only ? occupied::refused : occupied::replaced;
    if (auto done = pending->put(what); !done) return std::unexpected(done.error());
    if (synced)
      if (auto done = pending->sync_name(); !done) return std::unexpected(done.error());
  }
  return look_at(target(), path_);
}

}  // namespace ostler::keeper
