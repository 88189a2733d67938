#include "keeper/files/tree_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

#include "keeper/files/entry.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint32_t wanted = IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK | IN_ONLYDIR;

bool lies_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

tree_watch::tree_watch(loop& owner, workspace const& files, watch_options options, watch_listener listener)
    : files_(&files),
      options_(options),
      listener_(std::move(listener)),
      reading_(owner),
      settling_(owner, [this] {
        scan_some();
        deliver();
      }) {}

result<std::unique_ptr<tree_watch>> tree_watch::open(loop& owner, workspace const& files,
                                                     std::string_view path, watch_options options,
                                                     watch_listener listener) {
  auto inside = files.relative(path);
  if (!inside) return std::unexpected(inside.error());
  std::unique_ptr<tree_watch> made(new tree_watch(owner, files, options, std::move(listener)));
  if (auto done = made->begin(std::move(*inside)); !done) return std::unexpected(done.error());
  return made;
}

result<void> tree_watch::begin(std::string path) {
  inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_) return system::fail_errno("make a watch of files");
  auto const info = look(*files_, path, last_link::followed);
  if (!info) return std::unexpected(info.error());
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (info->kind != entry_kind::directory) {
    auto [folder, name] = split(path);
    path = std::move(folder);
    only_name_ = std::move(name);
    options_.below = watch_options::depth::one;
  }
  auto const id = add_watch(path, -1, path);
  if (!id) return std::unexpected(id.error());
  top_ = *id;
  if (options_.below == watch_options::depth::all) to_scan_.push_back({.id = top_, .told = false});
  auto joined = reading_.join(inotify_.get(), EPOLLIN, [this](std::uint32_t) { read_events(); });
  if (joined) set_alarm(0ms);
  return joined;
}

result<int> tree_watch::add_watch(std::string const& path, int parent, std::string name) {
  if (directories_.size() >= options_.watches_max)
    return fail(error_code::value_out_of_range,
                fmt::format("{} has more directories than the {} that are watched at once", shown(path),
                            options_.watches_max));
  // inotify takes paths only; this one names what was opened, whatever is done to the tree meanwhile.
  auto const opened = files_->open_beneath(path, O_PATH | O_DIRECTORY | (parent < 0 ? 0 : O_NOFOLLOW));
  if (!opened) return std::unexpected(opened.error());
  auto const id =
      ::inotify_add_watch(inotify_.get(), fmt::format("/proc/self/fd/{}", opened->get()).c_str(), wanted);
  if (id < 0 && errno == ENOSPC)
    return fail(error_code::system_exhausted,
                fmt::format("could not watch {}: this user may watch no more directories "
                            "(fs.inotify.max_user_watches)",
                            shown(path)));
  if (id < 0) return system::fail_errno(fmt::format("watch {}", shown(path)));
  directories_[id] = {.parent = parent, .name = std::move(name)};
  return id;
}

std::string tree_watch::path_of(int id) const {
  std::string path;
  // No deeper than there are directories, whatever the order of the moves was.
  for (std::size_t up = 0; up <= directories_.size(); ++up) {
    auto const found = directories_.find(id);
    if (found == directories_.end()) break;
    path = path.empty() ? found->second.name : join(found->second.name, path);
    id = found->second.parent;
  }
  return path;
}

void tree_watch::read_events() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  // As many as one buffer holds: the loop comes again when there are more.
  auto const got = ::read(inotify_.get(), buffer.data(), buffer.size());
  for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got);) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    std::string_view name(buffer.data() + at + sizeof(event), event.len);
    take(event, name.substr(0, std::min(name.find('\0'), name.size())));
    at += sizeof(event) + event.len;
  }
  set_alarm(options_.settle);
}

void tree_watch::take(inotify_event const& event, std::string_view name) {
  if (leaving_ && (event.mask & IN_MOVED_TO) == 0) forget_move();
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    overflowed_ = true;
    // Directories that came meanwhile are found by reading everything again.
    if (options_.below == watch_options::depth::all) to_scan_.push_back({.id = top_, .told = true});
    return;
  }
  auto const found = directories_.find(event.wd);
  if (found == directories_.end()) return;
  constexpr std::uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
  if (event.wd == top_ && (event.mask & gone) != 0) {
    tell(change_kind::removed, found->second.name);
    ended_ = error{.code = error_code::file_unknown,
                   .message = fmt::format("{} is not there any more", shown(found->second.name)),
                   .detail = {},
                   .hints = {}};
    return;
  }
  if ((event.mask & IN_IGNORED) != 0) {
    directories_.erase(found);
    return;
  }
  if (name.empty() || (!only_name_.empty() && name != only_name_)) return;
  auto path = join(path_of(event.wd), name);
  bool const new_directory = (event.mask & IN_ISDIR) != 0 && (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  bool const was_here = leaving_ && leaving_->cookie == event.cookie;
  if ((event.mask & (IN_MOVED_FROM | IN_MOVED_TO)) != 0)
    take_move(event, path);
  else if ((event.mask & IN_CREATE) != 0)
    tell(change_kind::created, path);
  else if ((event.mask & IN_DELETE) != 0)
    tell(change_kind::removed, path);
  else if ((event.mask & (IN_MODIFY | IN_ATTRIB)) != 0)
    tell(change_kind::changed, path);
  if (new_directory && options_.below == watch_options::depth::all &&
      !(was_here && (event.mask & IN_MOVED_TO) != 0))
    take_new_directory(event.wd, path, std::string(name));
}

void tree_watch::take_move(inotify_event const& event, std::string path) {
  bool const is_directory = (event.mask & IN_ISDIR) != 0;
  if ((event.mask & IN_MOVED_FROM) != 0) {
    leaving_ = left_behind{.cookie = event.cookie, .path = std::move(path), .is_directory = is_directory};
    return;
  }
  if (!leaving_ || leaving_->cookie != event.cookie) {
    if (leaving_) forget_move();
    return tell(change_kind::created, std::move(path));
  }
  auto const from = std::exchange(leaving_, {})->path;
  if (is_directory) {
    // Its watches go with it; only the name and the parent are others now.
    auto const moved = std::ranges::find_if(
        directories_, [&](auto const& known) { return known.first != top_ && path_of(known.first) == from; });
    if (moved != directories_.end()) moved->second = {.parent = event.wd, .name = split(path).name};
  }
  tell(change_kind::moved, std::move(path), from);
}

// What left was moved out of the tree: gone for who watches it.
void tree_watch::forget_move() {
  auto const gone = *std::exchange(leaving_, {});
  if (gone.is_directory) forget_tree(gone.path);
  tell(change_kind::removed, gone.path);
}

void tree_watch::forget_tree(std::string const& path) {
  std::vector<int> below;
  for (auto const& [id, known] : directories_)
    if (id != top_ && lies_below(path_of(id), path)) below.push_back(id);
  for (auto const id : below) {
    ::inotify_rm_watch(inotify_.get(), id);
    directories_.erase(id);
  }
}

void tree_watch::take_new_directory(int parent, std::string const& path, std::string name) {
  auto const id = add_watch(path, parent, std::move(name));
  if (id) {
    to_scan_.push_back({.id = *id, .told = true});
  } else if (id.error().code == error_code::system_exhausted ||
             id.error().code == error_code::value_out_of_range) {
    ended_ = id.error();
  }
  // One that is gone again, or that may not be read, has nothing to tell.
}

void tree_watch::scan_some() {
  for (int turn = 0; turn < scans_a_turn && !to_scan_.empty() && !ended_; ++turn) {
    auto const next = to_scan_.front();
    to_scan_.pop_front();
    scan(next);
  }
  if (!to_scan_.empty()) return;
  if (!std::exchange(ready_, true)) tell(change_kind::ready, {});
}

void tree_watch::scan(to_scan const& which) {
  if (!directories_.contains(which.id)) return;
  auto const folder = path_of(which.id);
  auto opened = files_->open_beneath(folder, O_RDONLY | O_DIRECTORY | (which.id == top_ ? 0 : O_NOFOLLOW));
  // Gone already, which is told by itself.
  if (!opened) return;
  auto stream = directory_stream::open(std::move(*opened), folder);
  while (stream && !ended_) {
    auto const item = stream->next();
    if (!item || !*item) return;
    std::string const name = (*item)->name;
    auto const path = join(folder, name);
    auto kind = (*item)->type;
    if (kind == DT_UNKNOWN) {
      auto const info = look(*files_, path, last_link::kept);
      kind = info && info->kind == entry_kind::directory ? DT_DIR : DT_REG;
    }
    if (which.told) tell(change_kind::created, path);
    if (kind != DT_DIR) continue;
    auto const before = directories_.size();
    take_new_directory(which.id, path, name);
    // What is only found at the beginning is not new.
    if (directories_.size() > before && !to_scan_.empty()) to_scan_.back().told = which.told;
  }
}

void tree_watch::tell(change_kind kind, std::string path, std::string from) {
  if (overflowed_) return;
  auto const known = latest_.find(path);
  if (kind == change_kind::moved) {
    // A file written under another name and moved here was never seen by anybody under that name.
    auto const fresh = latest_.find(from);
    if (fresh != latest_.end() && events_[fresh->second].kind == change_kind::created) {
      events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(fresh->second));
      kind = change_kind::created;
      from.clear();
    }
    // Names mean something else from here on, so nothing is joined across a move.
    latest_.clear();
  } else if (known != latest_.end()) {
    auto& before = events_[known->second].kind;
    if (before == change_kind::created && kind == change_kind::changed) return;
    if (before == kind) return;
    if (before == change_kind::changed && kind == change_kind::removed) {
      before = kind;
      return;
    }
    if (before == change_kind::removed && kind == change_kind::created) {
      before = change_kind::changed;
      return;
    }
  }
  if (events_.size() >= events_max) {
    overflowed_ = true;
    return;
  }
  latest_[path] = events_.size();
  events_.push_back({.kind = kind, .path = std::move(path), .from = std::move(from)});
}

void tree_watch::set_alarm(milliseconds after) {
  // Not put off by what comes later: who writes all the time is told of, too.
  if (!settling_.is_set()) settling_.set(system::now() + after);
}

void tree_watch::deliver() {
  if (leaving_) forget_move();
  if (std::exchange(overflowed_, false))
    events_.assign(1, {.kind = change_kind::overflow, .path = {}, .from = {}});
  if (!to_scan_.empty() && !ended_) set_alarm(0ms);
  latest_.clear();
  // From here on the listener may destroy this.
  auto const events = std::exchange(events_, {});
  auto const why = ended_;
  auto const listener = listener_;
  if (why) reading_.leave();
  if (!events.empty()) listener.changed(events);
  if (why) listener.ended(*why);
}

}  // namespace ostler::keeper
