#include "system/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::system {
namespace {

constexpr std::size_t small_file_max = 64UL * 1024;
// No program is started with more than this (a quarter of the largest stack, and never above 6 MiB).
constexpr std::size_t environment_max = 8UL * 1024 * 1024;
constexpr std::size_t value_max = 4096;

template <class Number> std::optional<Number> read_number(std::string_view text) {
  Number number{};
  auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view take_word(std::string_view& text) {
  auto const begin = std::min(text.find_first_not_of(" \n"), text.size());
  text.remove_prefix(begin);
  auto const end = std::min(text.find_first_of(" \n"), text.size());
  auto const word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::vector<pid_t> numbers_in(std::string_view text) {
  std::vector<pid_t> numbers;
  for (auto word = take_word(text); !word.empty(); word = take_word(text))
    if (auto const number = read_number<pid_t>(word)) numbers.push_back(*number);
  return numbers;
}

struct directory_closer {
  void operator()(DIR* open) const { ::closedir(open); }
};
using directory = std::unique_ptr<DIR, directory_closer>;

result<std::vector<pid_t>> numbered_entries(std::string const& path) {
  directory const open(::opendir(path.c_str()));
  if (!open) return fail_errno(fmt::format("list {}", path));
  std::vector<pid_t> found;
  // readdir() says by errno alone whether it ended or failed.
  errno = 0;
  while (auto const* entry = ::readdir(open.get())) {
    if (auto const number = read_number<pid_t>(entry->d_name)) found.push_back(*number);
    errno = 0;
  }
  if (errno != 0) return fail_errno(fmt::format("list {}", path));
  return found;
}

// Compares "NAME=" with what comes piece by piece, and keeps the value that follows.
class environment_search {
 public:
  explicit environment_search(std::string_view name) : name_(name) {}

  // True once the value is complete.
  bool feed(char byte) {
    if (byte == '\0') {
      if (state_ == in_value) return true;
      state_ = in_name;
      matched_ = 0;
      return false;
    }
    if (state_ == in_value) {
      if (value_.size() < value_max) value_.push_back(byte);
      return false;
    }
    if (state_ == elsewhere) return false;
    if (matched_ == name_.size()) {
      state_ = byte == '=' ? in_value : elsewhere;
      return false;
    }
    if (byte == name_[matched_])
      ++matched_;
    else
      state_ = elsewhere;
    return false;
  }
  bool found() const { return state_ == in_value; }
  std::string value() && { return std::move(value_); }

 private:
  enum : std::uint8_t { in_name, in_value, elsewhere } state_ = in_name;
  std::string_view name_;
  std::size_t matched_ = 0;
  std::string value_;
};

}  // namespace

result<std::string> boot_id() {
  auto text = read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", small_file_max);
  if (!text) return text;
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return text;
}

result<process_stat> parse_process_stat(std::string_view line) {
  auto const malformed = [&] {
    return fail(error_code::system_failed,
                fmt::format("cannot read the process line \"{}\"", line.substr(0, 80)));
  };
  auto const open = line.find('(');
  // The last one: the name in the middle may have parentheses of its own.
  auto const close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return malformed();
  auto before = line.substr(0, open);
  auto rest = line.substr(close + 1);
  // proc(5) counts from 1, and the state is its field 3.
  constexpr std::size_t first = 3;
  std::array<std::string_view, 20> fields;
  for (auto& field : fields) field = take_word(rest);
  auto const field = [&](std::size_t number) { return fields.at(number - first); };

  auto const pid = read_number<pid_t>(take_word(before));
  auto const parent = read_number<pid_t>(field(4));
  auto const group = read_number<pid_t>(field(5));
  auto const session = read_number<pid_t>(field(6));
  auto const threads = read_number<std::int64_t>(field(20));
  auto const start = read_number<std::uint64_t>(field(22));
  if (!pid || !parent || !group || !session || !threads || !start || field(3).size() != 1) return malformed();
  return process_stat{.pid = *pid,
                      .parent = *parent,
                      .group = *group,
                      .session = *session,
                      .state = field(3).front(),
                      .threads = *threads,
                      .start_ticks = *start};
}

result<process_stat> stat_of(pid_t pid) {
  auto const path = fmt::format("/proc/{}/stat", pid);
  auto const file = open_at(AT_FDCWD, path, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  // One line, some 300 bytes, given whole by the first read.
  std::array<char, 1024> line{};
  auto const got = uninterrupted([&] { return ::read(file->get(), line.data(), line.size()); });
  if (got < 0) return fail_errno(fmt::format("read {}", path), errno == ESRCH ? ENOENT : errno);
  return parse_process_stat({line.data(), static_cast<std::size_t>(got)});
}

result<std::vector<pid_t>> all_processes() { return numbered_entries("/proc"); }

std::vector<pid_t> children_of(pid_t pid) {
  auto const tasks_path = fmt::format("/proc/{}/task", pid);
  auto const tasks = numbered_entries(tasks_path);
  if (!tasks) return {};
  std::vector<pid_t> children;
  bool listed = false;
  for (auto const task : *tasks) {
    auto const text =
        read_file_at(AT_FDCWD, fmt::format("{}/{}/children", tasks_path, task), environment_max);
    if (!text) continue;
    listed = true;
    auto const more = numbers_in(*text);
    children.insert(children.end(), more.begin(), more.end());
  }
  if (listed) return children;
  // A kernel built without that list.
  for (auto const candidate : all_processes().value_or(std::vector<pid_t>()))
    if (auto const seen = stat_of(candidate); seen && seen->parent == pid) children.push_back(candidate);
  return children;
}

std::optional<std::string> environment_of(pid_t pid, std::string_view name) {
  auto const file = open_at(AT_FDCWD, fmt::format("/proc/{}/environ", pid), O_RDONLY);
  if (!file) return std::nullopt;
  environment_search search(name);
  std::array<char, 4096> piece{};
  for (std::size_t total = 0; total < environment_max;) {
    auto const got = uninterrupted([&] { return ::read(file->get(), piece.data(), piece.size()); });
    if (got <= 0) break;
    total += static_cast<std::size_t>(got);
    for (auto const byte : std::string_view(piece.data(), static_cast<std::size_t>(got)))
      if (search.feed(byte)) return std::move(search).value();
  }
  if (!search.found()) return std::nullopt;
  return std::move(search).value();
}

result<process_identity> identify(pid_t pid) {
  auto boot = boot_id();
  if (!boot) return std::unexpected(boot.error());
  auto const seen = stat_of(pid);
  if (!seen) return std::unexpected(seen.error());
  return process_identity{.boot = std::move(*boot), .pid = pid, .start_ticks = seen->start_ticks};
}

fd open_pidfd(pid_t pid) { return fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

result<signal_outcome> signal_pidfd(int pidfd, int number) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) == 0) return signal_outcome::sent;
  if (errno == ESRCH) return signal_outcome::gone;
  return fail_errno(fmt::format("send signal {} through a pidfd", number));
}

result<std::optional<process_handle>> process_handle::open(process_identity const& whom,
                                                           std::optional<environment_mark> const& mark) {
  // Zero and below mean groups and everybody to kill(2).
  if (whom.pid <= 0) return std::nullopt;
  auto const boot = boot_id();
  if (!boot) return std::unexpected(boot.error());
  if (*boot != whom.boot) return std::nullopt;

  auto pidfd = open_pidfd(whom.pid);
  if (!pidfd && errno == ESRCH) return std::nullopt;
  if (!pidfd && errno != ENOSYS && errno != EPERM && errno != EINVAL)
    return fail_errno(fmt::format("open process {}", whom.pid));
  // Only now: what was opened before it was looked at cannot change behind our back.
  auto const seen = stat_of(whom.pid);
  if (!seen && seen.error().code == error_code::file_unknown) return std::nullopt;
  if (!seen) return std::unexpected(seen.error());
  if (seen->start_ticks != whom.start_ticks) return std::nullopt;
  if (mark && environment_of(whom.pid, mark->name) != mark->value) return std::nullopt;
  return process_handle(whom, std::move(pidfd));
}

result<signal_outcome> process_handle::signal(int number) const {
  if (pidfd_) return signal_pidfd(pidfd_.get(), number);
  auto const seen = stat_of(whom_.pid);
  if (!seen || seen->start_ticks != whom_.start_ticks) return signal_outcome::gone;
  if (::kill(whom_.pid, number) == 0) return signal_outcome::sent;
  if (errno == ESRCH) return signal_outcome::gone;
  return fail_errno(fmt::format("send signal {} to process {}", number, whom_.pid));
}

process_capabilities probe_capabilities() {
  // Each call is made so that it can do nothing: it is told apart by how it is refused.
  auto const known = [](long answer) { return answer >= 0 || (errno != ENOSYS && errno != EPERM); };
  struct {
    std::uint64_t flags = 0;
    std::uint64_t mode = 0;
    std::uint64_t resolve = 0;
  } how;
  constexpr auto last = ~0U;
  return {.pidfd = static_cast<bool>(open_pidfd(::getpid())),
          .clone3 = known(::syscall(SYS_clone3, nullptr, 0)),
          .openat2 = known(::syscall(SYS_openat2, -1, "", &how, sizeof how)),
          .close_range = known(::syscall(SYS_close_range, last, last, 0))};
}

}  // namespace ostler::system
