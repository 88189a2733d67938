// The kinds that rest on cgroups.
#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <unistd.h>

#include "keeper/hold/group_kinds.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

bool is_in(pid_t pid, std::string_view path, auto const& of_hierarchy) {
  auto const all = system::cgroups_of(pid);
  if (!all) return false;
  auto const one = std::ranges::find_if(*all, of_hierarchy);
  return one != all->end() && system::path_is_within(one->path, path);
}

}  // namespace

bool short_while::wait() const {
  if (system::now() >= end_) return false;
  ::poll(nullptr, 0, 1);
  return true;
}

std::vector<system::process_stat> living(std::vector<pid_t> const& pids) {
  std::vector<system::process_stat> alive;
  alive.reserve(pids.size());
  for (auto const pid : pids)
    if (auto const seen = system::stat_of(pid); seen && !seen->ended() && pid != ::getpid())
      alive.push_back(*seen);
  return alive;
}

cgroup2_group::cgroup2_group(std::string token, limit_keeper limits, system::cgroup_directory directory,
                             std::string cgroup_path, kill_by how)
    : run_group(std::move(token), std::move(limits)),
      directory_(std::move(directory)),
      cgroup_path_(std::move(cgroup_path)),
      how_(how) {
  if (auto events = system::open_at(directory_.get(), "cgroup.events", O_RDONLY))
    events_ = std::move(*events);
}

bool cgroup2_group::contains(pid_t pid) const {
  return is_in(pid, cgroup_path_, [](auto const& one) { return one.unified; }) || bears_token(pid);
}

// Of all that is below, too. The file stays open, so that to find nobody, which is what most looks find, is
// one short read.
bool cgroup2_group::says_it_is_empty() const {
  std::array<char, 128> text{};
  auto const got = events_ ? ::pread(events_.get(), text.data(), text.size(), 0) : -1;
  return got > 0 && std::string_view(text.data(), static_cast<std::size_t>(got)).starts_with("populated 0\n");
}

result<std::vector<system::process_stat>> cgroup2_group::look() {
  if (says_it_is_empty()) return std::vector<system::process_stat>{};
  auto const pids = directory_.processes();
  if (!pids) return std::unexpected(pids.error());
  return living(*pids);
}

result<kill_outcome> cgroup2_group::kill_group() {
  if (how_ == kill_by::file && directory_.has("cgroup.kill")) {
    if (auto done = directory_.write("cgroup.kill", "1"); !done) return std::unexpected(done.error());
    auto const left = look();
    if (!left) return std::unexpected(left.error());
    return left->empty() ? kill_outcome::emptied : kill_outcome::some_left;
  }
  // Frozen ones cannot fork, and of this version they die without being thawed. Kernels before 5.2 cannot
  // freeze.
  auto const freeze = [&](std::string_view on) {
    if (directory_.has("cgroup.freeze")) static_cast<void>(directory_.write("cgroup.freeze", on));
  };
  freeze("1");
  short_while const limit;
  auto left = look();
  while (left && !left->empty()) {
    static_cast<void>(signal_all(*left, SIGKILL));
    if (!limit.wait()) break;
    left = look();
  }
  freeze("0");
  if (!left) return std::unexpected(left.error());
  return left->empty() ? kill_outcome::emptied : kill_outcome::some_left;
}

cgroup1_group::cgroup1_group(std::string token, limit_keeper limits, system::cgroup_directory directory,
                             std::string cgroup_path, system::fd procs)
    : run_group(std::move(token), std::move(limits)),
      directory_(std::move(directory)),
      cgroup_path_(std::move(cgroup_path)),
      procs_(std::move(procs)) {}

bool cgroup1_group::contains(pid_t pid) const {
  auto const freezer = [](auto const& one) {
    return std::ranges::find(one.controllers, "freezer") != one.controllers.end();
  };
  return is_in(pid, cgroup_path_, freezer) || bears_token(pid);
}

result<std::vector<system::process_stat>> cgroup1_group::look() {
  auto const pids = directory_.processes();
  if (!pids) return std::unexpected(pids.error());
  return living(*pids);
}

result<kill_outcome> cgroup1_group::kill_group() {
  short_while const limit;
  for (;;) {
    auto const left = look();
    if (!left) return std::unexpected(left.error());
    if (left->empty()) return kill_outcome::emptied;
    static_cast<void>(directory_.write("freezer.state", "FROZEN"));
    // Again, because some may have come before all stood still.
    auto const frozen = look();
    if (frozen) static_cast<void>(signal_all(*frozen, SIGKILL));
    // Of this version they die only when they may run again.
    if (auto done = directory_.write("freezer.state", "THAWED"); !done) return std::unexpected(done.error());
    if (!limit.wait()) return kill_outcome::some_left;
  }
}

}  // namespace ostler::keeper
