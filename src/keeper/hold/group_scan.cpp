// The kind that rests on looking.
#include <algorithm>
#include <csignal>
#include <unistd.h>

#include "keeper/hold/group_kinds.hpp"
#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

bool among(std::vector<pid_t> const& pids, pid_t pid) { return std::ranges::binary_search(pids, pid); }

// As /proc/PID/stat counts, and a little less.
std::uint64_t ticks_now() {
  auto const per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  auto const since_boot = std::chrono::duration_cast<milliseconds>(system::now().time_since_epoch());
  auto const ticks = static_cast<std::uint64_t>(since_boot.count()) * per_second / 1000;
  return ticks - std::min<std::uint64_t>(ticks, 2);
}

void add(std::vector<pid_t>& pids, pid_t pid) { pids.insert(std::ranges::lower_bound(pids, pid), pid); }

}  // namespace

scan_group::scan_group(std::string token, limit_keeper limits)
    : run_group(std::move(token), std::move(limits)) {}

void scan_group::begins() { birth_ = ticks_now(); }

bool scan_group::is_known(system::process_stat const& seen) const {
  return std::ranges::find(members_, known{seen.pid, seen.start_ticks}) != members_.end();
}

// `members` is sorted. Never by our own session: a run that only has a group of its own shares it with us.
bool scan_group::belongs(system::process_stat const& seen, std::vector<pid_t> const& members) const {
  if (is_known(seen)) return true;
  if (seen.start_ticks < birth_) return false;
  if (among(members, seen.parent)) return true;
  auto const led = [&](pid_t number) {
    return std::ranges::find(led_, number, &known::number) != led_.end();
  };
  return led(seen.session) || led(seen.group) || bears_token(seen.pid);
}

result<std::vector<system::process_stat>> scan_group::look() {
  auto const pids = system::all_processes();
  if (!pids) return std::unexpected(pids.error());
  std::vector<system::process_stat> all;
  all.reserve(pids->size());
  for (auto const pid : *pids)
    if (auto const seen = system::stat_of(pid); seen && pid != ::getpid() && pid != 1) all.push_back(*seen);
  // A number that somebody else has got since is no session of ours any more.
  std::erase_if(led_, [&](known const& one) {
    auto const leader = std::ranges::find(all, one.number, &system::process_stat::pid);
    return leader != all.end() && leader->start_ticks != one.start_ticks;
  });

  // Parents before children, so that one pass finds nearly everybody; whoever it missed makes another.
  std::ranges::sort(all, {}, &system::process_stat::start_ticks);
  std::vector<pid_t> numbers;
  std::vector<system::process_stat> members;
  for (bool found = true; found;) {
    found = false;
    for (auto const& seen : all) {
      if (among(numbers, seen.pid) || !belongs(seen, numbers)) continue;
      add(numbers, seen.pid);
      members.push_back(seen);
      if (seen.session == seen.pid || seen.group == seen.pid) led_.push_back({seen.pid, seen.start_ticks});
      found = true;
    }
  }
  remember(all, members);
  std::erase_if(members, [](auto const& seen) { return seen.ended(); });
  return members;
}

void scan_group::remember(std::vector<system::process_stat> const& all,
                          std::vector<system::process_stat> const& members) {
  members_.clear();
  for (auto const& member : members) members_.push_back({member.pid, member.start_ticks});
  auto const by_number = [](known const& one, known const& other) { return one.number < other.number; };
  std::ranges::sort(led_, by_number);
  led_.erase(std::ranges::unique(led_).begin(), led_.end());
  std::erase_if(led_, [&](known const& one) {
    return std::ranges::none_of(all, [&](system::process_stat const& seen) {
      return seen.session == one.number || seen.group == one.number;
    });
  });
}

bool scan_group::contains(pid_t pid) const {
  std::vector<pid_t> numbers;
  for (auto const& member : members_) numbers.push_back(member.number);
  std::ranges::sort(numbers);
  // Upwards, until somebody is of ours or the line ends.
  constexpr int line_max = 256;
  for (int steps = 0; steps < line_max && pid > 1 && pid != ::getpid(); ++steps) {
    auto const seen = system::stat_of(pid);
    if (!seen) return false;
    if (belongs(*seen, numbers)) return true;
    pid = seen->parent;
  }
  return false;
}

result<kill_outcome> scan_group::kill_group() {
  short_while const limit;
  for (;;) {
    auto const left = look();
    if (!left) return std::unexpected(left.error());
    if (left->empty()) return kill_outcome::emptied;
    // All stand still before the first one dies: a parent that loses its child would make another.
    static_cast<void>(signal_all(*left, SIGSTOP));
    static_cast<void>(signal_all(*left, SIGKILL));
    if (!limit.wait()) return kill_outcome::some_left;
  }
}

}  // namespace ostler::keeper
