#include "keeper/files/entry.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

#include "system/failure.hpp"

namespace ostler::keeper {

std::string_view name_of(entry_kind kind) {
  switch (kind) {
    case entry_kind::file: return "file";
    case entry_kind::directory: return "directory";
    case entry_kind::link: return "link";
    case entry_kind::fifo: return "fifo";
    case entry_kind::socket: return "socket";
    case entry_kind::device: break;
  }
  return "device";
}

file_info describe(struct stat const& seen) {
  auto const kind = S_ISREG(seen.st_mode)    ? entry_kind::file
                    : S_ISDIR(seen.st_mode)  ? entry_kind::directory
                    : S_ISLNK(seen.st_mode)  ? entry_kind::link
                    : S_ISFIFO(seen.st_mode) ? entry_kind::fifo
                    : S_ISSOCK(seen.st_mode) ? entry_kind::socket
                                             : entry_kind::device;
  // A file system may keep times that do not fit; what is told wraps instead of being undefined.
  auto const mtime = static_cast<std::uint64_t>(seen.st_mtim.tv_sec) * 1'000'000'000U +
                     static_cast<std::uint64_t>(seen.st_mtim.tv_nsec);
  return {.kind = kind,
          .mode = seen.st_mode & 07777U,
          .tag = {.size = static_cast<std::uint64_t>(seen.st_size),
                  .mtime_ns = static_cast<std::int64_t>(mtime),
                  .inode = seen.st_ino},
          .target = {}};
}

result<file_info> look_at(int opened, std::string_view path) {
  struct stat seen{};
  if (::fstat(opened, &seen) != 0) return system::fail_errno(fmt::format("look at {}", shown(path)));
  auto info = describe(seen);
  if (info.kind != entry_kind::link) return info;
  // An empty name means the link that was opened.
  auto target = read_link(opened, "");
  if (!target) return std::unexpected(target.error());
  info.target = std::move(*target);
  return info;
}

result<file_info> look(workspace const& files, std::string_view path, last_link last) {
  auto const opened = files.open_beneath(path, O_PATH | (last == last_link::kept ? O_NOFOLLOW : 0));
  if (!opened) return std::unexpected(opened.error());
  return look_at(opened->get(), path);
}

result<listing> listing::open(workspace const& files, std::string_view path, std::size_t limit,
                              std::string after) {
  auto opened = files.open_beneath(path, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  auto stream = directory_stream::open(std::move(*opened), path);
  if (!stream) return std::unexpected(stream.error());
  listing made;
  made.directory_ = std::move(*stream);
  made.limit_ = std::clamp<std::size_t>(limit, 1, limit_max);
  made.after_ = std::move(after);
  return made;
}

void listing::keep(std::string_view name) {
  if (!after_.empty() && name <= after_) return;
  if (names_.size() == limit_) {
    more_ = true;
    if (name >= names_.front()) return;
    std::ranges::pop_heap(names_);
    names_.pop_back();
  }
  names_.emplace_back(name);
  std::ranges::push_heap(names_);
}

result<bool> listing::step() {
  if (read_) return look_at_some();
  for (int read = 0; read < names_a_step; ++read) {
    auto const item = directory_.next();
    if (!item) return std::unexpected(item.error());
    if (!*item) {
      std::ranges::sort_heap(names_);
      if (more_) page_.next = names_.back();
      read_ = true;
      return false;
    }
    keep((*item)->name);
  }
  return false;
}

result<bool> listing::look_at_some() {
  for (int looks = 0; looks < looks_a_step && looked_ < names_.size(); ++looks, ++looked_) {
    auto& name = names_[looked_];
    struct stat seen{};
    // What is gone by now is left out.
    if (::fstatat(directory_.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) continue;
    auto info = describe(seen);
    if (info.kind == entry_kind::link) info.target = read_link(directory_.get(), name).value_or("");
    page_.entries.push_back({.name = std::move(name), .info = std::move(info)});
  }
  return looked_ == names_.size();
}

listing_page listing::take() { return std::exchange(page_, {}); }

}  // namespace ostler::keeper
