#include "keeper/files/tar_target.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <ranges>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/files/change.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/random.hpp"

namespace ostler::keeper {
namespace {

using times = std::array<timespec, 2>;

// Only that of the content is known.
times times_of(tar_entry const& entry) {
  constexpr std::int64_t second = 1'000'000'000;
  auto const part = ((entry.mtime_ns % second) + second) % second;
  return {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
          timespec{.tv_sec = (entry.mtime_ns - part) / second, .tv_nsec = part}};
}

// Something new under a hidden name, moved over what has the entry's name.
template <class Make> result<void> put_in_place(place at, std::string const& path, Make make) {
  place hidden{.directory = system::fd(::fcntl(at.directory.get(), F_DUPFD_CLOEXEC, 0)),
               .name = ".ostler-" + system::random_nonce()};
  if (!hidden.directory) return system::fail_errno("hold a directory");
  result<void> done = make(hidden);
  if (done) done = rename_entry(hidden, at, occupied::replaced);
  // Also when it went well: two names of one file are not renamed, both stay.
  ::unlinkat(hidden.directory.get(), hidden.name.c_str(), 0);
  if (!done) done.error().message = fmt::format("{}: {}", shown(path), done.error().message);
  return done;
}

}  // namespace

result<place> tar_target::make_place(std::string const& path) const {
  auto at = root_.place_of(path, last_link::kept, links::refused);
  if (at || at.error().code != error_code::file_unknown) return at;
  if (auto made = make_directories(root_, split(path).folder, 0755, links::refused); !made)
    return std::unexpected(made.error());
  return root_.place_of(path, last_link::kept, links::refused);
}

result<void> tar_target::directory(tar_entry const& entry) {
  auto const at = make_place(entry.path);
  if (!at) return std::unexpected(at.error());
  if (::mkdirat(at->directory.get(), at->name.c_str(), entry.mode | 0700U) != 0) {
    if (errno != EEXIST) return system::fail_errno(fmt::format("make the directory {}", shown(entry.path)));
    auto const there = root_.open_beneath(entry.path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, links::refused);
    if (!there)
      return fail(error_code::file_exists, fmt::format("{} is there, and no directory", shown(entry.path)));
  }
  directories_bytes_ += sizeof(tar_entry) + entry.path.size();
  if (directories_bytes_ <= directories_bytes_max) directories_.push_back(entry);
  return {};
}

result<void> tar_target::begin_file(tar_entry const& entry) {
  auto at = make_place(entry.path);
  if (!at) return std::unexpected(at.error());
  auto made = pending_file::make(std::move(*at));
  if (!made) return std::unexpected(made.error());
  file_.emplace(std::move(*made));
  entry_ = entry;
  return {};
}

result<void> tar_target::content(byte_view piece) {
  auto done = system::write_all(file_->get(), piece);
  if (!done) done.error().message = fmt::format("{} in {}", done.error().message, shown(entry_.path));
  return done;
}

result<void> tar_target::end_file() {
  auto const when = times_of(entry_);
  if (::fchmod(file_->get(), entry_.mode) != 0 || ::futimens(file_->get(), when.data()) != 0)
    return system::fail_errno(fmt::format("set mode and time of {}", shown(entry_.path)));
  auto done = file_->put(occupied::replaced);
  file_.reset();
  return done;
}

result<void> tar_target::link(tar_entry const& entry, std::string const& target) {
  auto at = make_place(entry.path);
  if (!at) return std::unexpected(at.error());
  return put_in_place(std::move(*at), entry.path, [&](place const& hidden) -> result<void> {
    auto const when = times_of(entry);
    if (::symlinkat(target.c_str(), hidden.directory.get(), hidden.name.c_str()) != 0)
      return system::fail_errno("make the link");
    // Not every file system has times for links.
    ::utimensat(hidden.directory.get(), hidden.name.c_str(), when.data(), AT_SYMLINK_NOFOLLOW);
    return {};
  });
}

result<void> tar_target::hard_link(tar_entry const& entry, std::string const& target) {
  auto const from = root_.place_of(target, last_link::kept, links::refused);
  if (!from) return std::unexpected(from.error());
  auto at = make_place(entry.path);
  if (!at) return std::unexpected(at.error());
  return put_in_place(std::move(*at), entry.path, [&](place const& hidden) -> result<void> {
    struct stat seen{};
    if (::linkat(from->directory.get(), from->name.c_str(), hidden.directory.get(), hidden.name.c_str(), 0) !=
            0 ||
        ::fstatat(hidden.directory.get(), hidden.name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0)
      return system::fail_errno(fmt::format("make a second name for {}", shown(target)));
    // Looked at under the name that it was given: the other may be something else by now.
    if (S_ISREG(seen.st_mode)) return {};
    return fail(error_code::path_refused, fmt::format("{} is no regular file", shown(target)));
  });
}

result<void> tar_target::end() {
  for (auto const& entry : directories_ | std::views::reverse) {
    auto const opened =
        root_.open_beneath(entry.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, links::refused);
    auto const when = times_of(entry);
    if (!opened) return std::unexpected(opened.error());
    if (::futimens(opened->get(), when.data()) != 0 || ::fchmod(opened->get(), entry.mode) != 0)
      return system::fail_errno(fmt::format("set mode and time of {}", shown(entry.path)));
  }
  directories_.clear();
  return {};
}

}  // namespace ostler::keeper
