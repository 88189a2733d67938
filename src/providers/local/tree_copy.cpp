#include "providers/local/tree_copy.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "providers/local/file_copy.hpp"
#include "system/directory_stream.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/mount.hpp"
#include "system/path_text.hpp"

namespace ostler::providers::local {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
// Together they bound the descriptors that are open at once.
constexpr std::size_t depth_max = 128;
constexpr std::size_t waiting_max = 64;
constexpr std::size_t left_out_max = 100;
constexpr std::uint64_t files_a_report = 100;

void give_times(int opened, struct stat const& seen) {
  timespec const times[2] = {seen.st_atim, seen.st_mtim};
  ::fchmod(opened, seen.st_mode & 0777U);
  ::futimens(opened, times);
}

// A directory and its copy. It gets its mode and its times when the last file of it was copied: they may
// forbid to write into it, and writing changes them.
struct folder {
  folder(system::fd source, system::fd target, struct stat const& what, std::string where)
      : from(std::move(source)), to(std::move(target)), seen(what), path(std::move(where)) {}
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() { give_times(to.get(), seen); }

  system::fd from;
  system::fd to;
  struct stat seen;
  // From the top; empty for the top itself.
  std::string path;
};

struct file_job {
  std::shared_ptr<folder> in;
  std::string name;
  // The walker has made it already, because another name is a link to it.
  bool exists = false;
};

class copy_work {
 public:
  copy_work(copy_options const& options, std::stop_token stop, copy_watcher const& watch)
      : options_(options), stop_(std::move(stop)), watch_(watch) {}

  result<copy_report> run(std::string const& from, int into, std::string const& name);

 private:
  struct level {
    std::shared_ptr<folder> at;
    system::directory_stream entries;
  };

  result<void> walk(std::shared_ptr<folder> top);
  result<void> enter(std::shared_ptr<folder> what);
  result<void> take(std::shared_ptr<folder> const& in, std::string const& name);
  result<void> take_directory(std::shared_ptr<folder> const& in, std::string const& name,
                              std::string const& path);
  result<void> take_link(folder const& in, std::string const& name, struct stat const& seen);
  result<void> take_file(std::shared_ptr<folder> const& in, std::string const& name, struct stat const& seen);
  bool excluded(std::string const& path, std::string const& name) const;
  bool is_never_entered(struct stat const& seen) const;
  void leave_out(std::string const& path);

  void work();
  result<void> copy(file_job const& job);
  bool push(file_job job);
  std::optional<file_job> pop();
  void finish();
  void fails(error why);
  void count(std::uint64_t bytes);

  copy_options const& options_;
  std::stop_token stop_;
  copy_watcher const& watch_;
  copy_ways ways_;
  system::mount_mark mount_;
  int top_ = -1;
  std::vector<level> levels_;
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;
  std::vector<std::string> left_out_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<file_job> waiting_;
  bool walked_ = false;
  std::optional<error> failed_;
  copy_count count_;
};

std::string join(std::string const& folder, std::string const& name) {
  return folder.empty() ? name : fmt::format("{}/{}", folder, name);
}

result<copy_report> copy_work::run(std::string const& from, int into, std::string const& name) {
  auto source = system::open_at(AT_FDCWD, from, O_RDONLY | O_DIRECTORY);
  if (!source) return std::unexpected(source.error());
  struct stat seen{};
  if (::fstat(source->get(), &seen) != 0) return system::fail_errno(fmt::format("look at {}", from));
  auto const mount = system::mount_of(source->get());
  if (!mount) return std::unexpected(mount.error());
  mount_ = *mount;
  if (::mkdirat(into, name.c_str(), S_IRWXU) != 0) return system::fail_errno(fmt::format("make {}", name));
  auto target = system::open_at(into, name, directory_flags);
  if (!target) return std::unexpected(target.error());
  top_ = target->get();
  auto top = std::make_shared<folder>(std::move(*source), std::move(*target), seen, std::string());
  {
    std::vector<std::jthread> threads;
    for (std::size_t at = 0; at < std::max<std::size_t>(options_.threads, 1); ++at)
      threads.emplace_back([this] { work(); });
    // The top stays open for links by their path.
    if (auto done = walk(top); !done) fails(std::move(done.error()));
    levels_.clear();
    finish();
  }
  if (failed_) return std::unexpected(std::move(*failed_));
  watch_(count_);
  return copy_report{.count = count_, .left_out = std::move(left_out_)};
}

// --- walking ---

result<void> copy_work::walk(std::shared_ptr<folder> top) {
  if (auto done = enter(std::move(top)); !done) return done;
  while (!levels_.empty()) {
    if (stop_.stop_requested()) return fail(error_code::cancelled, "the copy was given up");
    auto const item = levels_.back().entries.next();
    if (!item) return std::unexpected(item.error());
    if (!*item) {
      levels_.pop_back();
      continue;
    }
    auto const in = levels_.back().at;
    std::string const name = (*item)->name;
    if (auto done = take(in, name); !done) return done;
  }
  return {};
}

result<void> copy_work::enter(std::shared_ptr<folder> what) {
  if (levels_.size() >= depth_max)
    return fail(error_code::value_out_of_range,
                fmt::format("{} lies deeper than {} directories", system::shown(what->path), depth_max));
  auto opened = system::open_at(what->from.get(), ".", O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  auto entries = system::directory_stream::open(std::move(*opened), what->path);
  if (!entries) return std::unexpected(entries.error());
  levels_.push_back({.at = std::move(what), .entries = std::move(*entries)});
  return {};
}

result<void> copy_work::take(std::shared_ptr<folder> const& in, std::string const& name) {
  auto const path = join(in->path, name);
  if (excluded(path, name)) return {};
  struct stat seen{};
  if (::fstatat(in->from.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return system::fail_errno(fmt::format("look at {}", system::shown(path)));
  }
  if (S_ISDIR(seen.st_mode)) return take_directory(in, name, path);
  if (S_ISLNK(seen.st_mode)) return take_link(*in, name, seen);
  if (S_ISREG(seen.st_mode)) return take_file(in, name, seen);
  leave_out(path);
  return {};
}

result<void> copy_work::take_directory(std::shared_ptr<folder> const& in, std::string const& name,
                                       std::string const& path) {
  system::fd source(::openat(in->from.get(), name.c_str(), directory_flags));
  // Gone, or something else by now.
  if (!source && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return {};
  if (!source) return system::fail_errno(fmt::format("open {}", system::shown(path)));
  struct stat seen{};
  if (::fstat(source.get(), &seen) != 0)
    return system::fail_errno(fmt::format("look at {}", system::shown(path)));
  auto const mount = system::mount_of(source.get());
  if (!mount) return std::unexpected(mount.error());
  if (!system::same_mount(*mount, mount_) || is_never_entered(seen)) {
    leave_out(path);
    return {};
  }
  if (::mkdirat(in->to.get(), name.c_str(), S_IRWXU) != 0)
    return system::fail_errno(fmt::format("make {}", system::shown(path)));
  auto target = system::open_at(in->to.get(), name, directory_flags);
  if (!target) return std::unexpected(target.error());
  return enter(std::make_shared<folder>(std::move(source), std::move(*target), seen, path));
}

result<void> copy_work::take_link(folder const& in, std::string const& name, struct stat const& seen) {
  std::string target(PATH_MAX, '\0');
  auto const length = ::readlinkat(in.from.get(), name.c_str(), target.data(), target.size());
  // Gone, or something else by now.
  if (length < 0 && (errno == ENOENT || errno == EINVAL)) return {};
  auto const path = join(in.path, name);
  if (length < 0) return system::fail_errno(fmt::format("read the link {}", system::shown(path)));
  target.resize(static_cast<std::size_t>(length));
  if (::symlinkat(target.c_str(), in.to.get(), name.c_str()) != 0)
    return system::fail_errno(fmt::format("make the link {}", system::shown(path)));
  timespec const times[2] = {seen.st_atim, seen.st_mtim};
  ::utimensat(in.to.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW);
  return {};
}

result<void> copy_work::take_file(std::shared_ptr<folder> const& in, std::string const& name,
                                  struct stat const& seen) {
  auto const path = join(in->path, name);
  bool exists = false;
  if (seen.st_nlink > 1) {
    auto const [known, first] = linked_.try_emplace({seen.st_dev, seen.st_ino}, path);
    if (!first) {
      if (::linkat(top_, known->second.c_str(), in->to.get(), name.c_str(), 0) == 0) return {};
      return system::fail_errno(fmt::format("link {}", system::shown(path)));
    }
    auto const made = system::open_at(in->to.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!made) return std::unexpected(made.error());
    exists = true;
  }
  // False when a thread has failed; what failed is told.
  static_cast<void>(push({.in = in, .name = name, .exists = exists}));
  std::scoped_lock const lock(mutex_);
  if (failed_) return std::unexpected(*failed_);
  return {};
}

bool copy_work::excluded(std::string const& path, std::string const& name) const {
  return std::ranges::any_of(options_.exclude, [&](std::string const& pattern) {
    bool const whole_path = pattern.find('/') != std::string::npos;
    return ::fnmatch(pattern.c_str(), whole_path ? path.c_str() : name.c_str(),
                     whole_path ? FNM_PATHNAME : 0) == 0;
  });
}

bool copy_work::is_never_entered(struct stat const& seen) const {
  struct stat other{};
  return options_.never_enter >= 0 && ::fstat(options_.never_enter, &other) == 0 &&
         other.st_dev == seen.st_dev && other.st_ino == seen.st_ino;
}

void copy_work::leave_out(std::string const& path) {
  if (left_out_.size() < left_out_max) left_out_.push_back(path);
}

// --- copying ---

void copy_work::work() {
  while (auto const job = pop())
    if (auto done = copy(*job); !done) fails(std::move(done.error()));
}

result<void> copy_work::copy(file_job const& job) {
  auto const path = join(job.in->path, job.name);
  system::fd const from(
      ::openat(job.in->from.get(), job.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // Gone, or something else by now.
  if (!from && (errno == ENOENT || errno == ELOOP)) return {};
  struct stat seen{};
  if (!from || ::fstat(from.get(), &seen) != 0)
    return system::fail_errno(fmt::format("open {}", system::shown(path)));
  if (!S_ISREG(seen.st_mode)) return {};
  auto const flags = O_WRONLY | O_NOFOLLOW | (job.exists ? 0 : O_CREAT | O_EXCL);
  auto const to = system::open_at(job.in->to.get(), job.name, flags);
  if (!to) return std::unexpected(to.error());
  auto const size = copy_content(from.get(), to->get(), ways_, stop_, path);
  if (!size) return std::unexpected(size.error());
  give_times(to->get(), seen);
  count(*size);
  return {};
}

bool copy_work::push(file_job job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < waiting_max || failed_; });
  if (failed_) return false;
  waiting_.push_back(std::move(job));
  changed_.notify_all();
  return true;
}

std::optional<file_job> copy_work::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_.empty() || walked_ || failed_; });
  if (waiting_.empty() || failed_) return std::nullopt;
  auto job = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return job;
}

void copy_work::finish() {
  std::scoped_lock const lock(mutex_);
  walked_ = true;
  changed_.notify_all();
}

// The first one is told.
void copy_work::fails(error why) {
  std::scoped_lock const lock(mutex_);
  if (!failed_) failed_ = std::move(why);
  changed_.notify_all();
}

void copy_work::count(std::uint64_t bytes) {
  std::scoped_lock const lock(mutex_);
  ++count_.files;
  count_.bytes += bytes;
  if (count_.files % files_a_report == 0) watch_(count_);
}

}  // namespace

result<copy_report> copy_tree(std::string const& from, int into, std::string const& name,
                              copy_options const& options, std::stop_token const& stop,
                              copy_watcher const& watch) {
  copy_work work(options, stop, watch);
  return work.run(from, into, name);
}

}  // namespace ostler::providers::local
