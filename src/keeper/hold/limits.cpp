#include "keeper/hold/limits.hpp"

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// How often the kernel looks whether a run has had its share of the processors.
constexpr std::uint64_t cpu_period_us = 100'000;
constexpr std::uint64_t cpu_quota_min_us = 1'000;

std::uint64_t cpu_quota_us(double cores) {
  // More than there can be is no limit, but a number all the same.
  auto const wanted = std::clamp(cores, 0.0, 1e6) * static_cast<double>(cpu_period_us);
  return std::max(cpu_quota_min_us, static_cast<std::uint64_t>(std::llround(wanted)));
}

std::string number_or(std::optional<std::uint64_t> const& number, std::string_view otherwise) {
  return number ? fmt::format("{}", *number) : std::string(otherwise);
}

result<void> set_cgroup2(system::cgroup_directory const& leaf, std::string_view name,
                         run_limits const& wanted) {
  if (name == "pids") return leaf.write("pids.max", number_or(wanted.pids, "max"));
  if (name == "cpu")
    return leaf.write("cpu.max", wanted.cpu_cores
                                     ? fmt::format("{} {}", cpu_quota_us(*wanted.cpu_cores), cpu_period_us)
                                     : fmt::format("max {}", cpu_period_us));
  // Swap would only put off what the limit is for. A kernel without it has no such file.
  if (leaf.has("memory.swap.max"))
    if (auto done = leaf.write("memory.swap.max", wanted.memory_bytes ? "0" : "max"); !done) return done;
  return leaf.write("memory.max", number_or(wanted.memory_bytes, "max"));
}

// Memory and swap together may never be less than memory alone, so the one that grows goes first.
result<void> set_memory_cgroup1(system::cgroup_directory const& leaf, std::string const& bytes) {
  constexpr auto both = "memory.memsw.limit_in_bytes";
  constexpr auto memory = "memory.limit_in_bytes";
  if (!leaf.has(both)) return leaf.write(memory, bytes);
  if (leaf.write(both, bytes)) {
    if (auto done = leaf.write(memory, bytes); !done) return done;
    return leaf.write(both, bytes);
  }
  if (auto done = leaf.write(memory, bytes); !done) return done;
  return leaf.write(both, bytes);
}

result<void> set_cgroup1(system::cgroup_directory const& leaf, std::string_view name,
                         run_limits const& wanted) {
  if (name == "pids") return leaf.write("pids.max", number_or(wanted.pids, "max"));
  if (name == "memory") return set_memory_cgroup1(leaf, number_or(wanted.memory_bytes, "-1"));
  if (auto done = leaf.write("cpu.cfs_period_us", fmt::format("{}", cpu_period_us)); !done) return done;
  return leaf.write("cpu.cfs_quota_us",
                    wanted.cpu_cores ? fmt::format("{}", cpu_quota_us(*wanted.cpu_cores)) : "-1");
}

// A file that is there only where the controller is.
std::string cgroup2_file(std::string_view name) { return fmt::format("{}.max", name); }

}  // namespace

enforcement& enforcement_of(limit_report& report, std::string_view controller) {
  return controller == "memory" ? report.memory : controller == "cpu" ? report.cpu : report.pids;
}

enforcement enforcement_of(limit_report const& report, std::string_view controller) {
  return controller == "memory" ? report.memory : controller == "cpu" ? report.cpu : report.pids;
}

bool is_asked(run_limits const& wanted, std::string_view controller) {
  if (controller == "memory") return wanted.memory_bytes.has_value();
  return controller == "cpu" ? wanted.cpu_cores.has_value() : wanted.pids.has_value();
}

void limit_open_files(std::vector<spawn_limit>& into, std::int64_t most) {
  if (most <= 0) return;
  auto const number = static_cast<std::uint64_t>(most);
  into.push_back({.which = RLIMIT_NOFILE, .soft = number, .hard = number});
}

std::string_view text(enforcement by) {
  switch (by) {
    case enforcement::not_asked: return "not limited";
    case enforcement::cgroup2: return "cgroup2";
    case enforcement::cgroup1: return "cgroup1";
    case enforcement::rlimit: return "rlimit";
    case enforcement::none: return "not enforced";
  }
  return "not enforced";
}

void limit_keeper::use_cgroup2(std::string const& leaf, std::vector<std::string> above) {
  if (auto open = system::cgroup_directory::open(leaf)) leaf_ = std::move(*open);
  above_ = std::move(above);
}

limit_keeper::controller const* limit_keeper::cgroup1(std::string_view name) const {
  auto const found = std::ranges::find(cgroup1_, name, &controller::name);
  return found == cgroup1_.end() ? nullptr : &*found;
}

std::string limit_keeper::cgroup1_path(limit_place const& place) const {
  return folder_.empty() ? place.directory : fmt::format("{}/{}", place.directory, folder_);
}

void limit_keeper::find_former() {
  for (auto const name : limit_controllers)
    if (leaf_ && leaf_->has(cgroup2_file(name))) enforcement_of(report_, name) = enforcement::cgroup2;
  for (auto const& place : places_)
    if (!cgroup1(place.controller))
      static_cast<void>(add_cgroup1(place.controller, system::cgroup_directory::open(cgroup1_path(place))));
}

result<void> limit_keeper::add_cgroup1(std::string_view name, result<system::cgroup_directory> directory) {
  if (!directory) return std::unexpected(directory.error());
  auto procs = system::open_at(directory->get(), "cgroup.procs", O_WRONLY);
  if (!procs) return std::unexpected(procs.error());
  cgroup1_.push_back({std::string(name), std::move(*directory), std::move(*procs)});
  return {};
}

result<void> limit_keeper::make_cgroup1(std::string_view name) {
  if (cgroup1(name) != nullptr) return {};
  auto const place = std::ranges::find(places_, name, &limit_place::controller);
  if (place == places_.end())
    return fail(error_code::feature_missing,
                fmt::format("no cgroup with the controller {} can be made here", name));
  auto const all = system::cgroup_directory::make(place->directory);
  if (!all) return std::unexpected(all.error());
  // Kernels before 5.11 count what is below a cgroup only if they are told so before there is anything below.
  if (name == "memory" && all->number("memory.use_hierarchy") == 0U)
    static_cast<void>(all->write("memory.use_hierarchy", "1"));
  return add_cgroup1(name, system::cgroup_directory::make(cgroup1_path(*place)));
}

bool limit_keeper::enable_cgroup2(std::string_view name) {
  if (!leaf_) return false;
  auto const file = cgroup2_file(name);
  if (leaf_->has(file)) return true;
  // From above to below: each passes on only what it was given itself. The last look says whether it went
  // well.
  for (auto const& path : above_)
    if (auto const above = system::cgroup_directory::open(path))
      static_cast<void>(above->write("cgroup.subtree_control", fmt::format("+{}", name)));
  return leaf_->has(file);
}

result<limit_outcome> limit_keeper::apply_one(std::string_view name, run_limits const& wanted) {
  auto& now = enforcement_of(report_, name);
  bool const asked = is_asked(wanted, name);
  if (now == enforcement::cgroup2 || (asked && enable_cgroup2(name))) {
    if (auto done = set_cgroup2(*leaf_, name, wanted); !done) return std::unexpected(done.error());
    now = asked ? enforcement::cgroup2 : enforcement::not_asked;
    return limit_outcome{.by = now, .why = {}};
  }
  auto const made = asked ? make_cgroup1(name) : result<void>();
  if (auto const* own = cgroup1(name)) {
    if (auto done = set_cgroup1(own->directory, name, wanted); !done) return std::unexpected(done.error());
    now = asked ? enforcement::cgroup1 : enforcement::not_asked;
    return limit_outcome{.by = now, .why = {}};
  }
  now = !asked ? enforcement::not_asked : name == "cpu" ? enforcement::none : enforcement::rlimit;
  return limit_outcome{.by = now, .why = made ? std::string() : made.error().message};
}

result<limit_report> limit_keeper::apply(run_limits const& wanted) {
  for (auto const name : limit_controllers)
    if (auto const done = apply_one(name, wanted); !done) return std::unexpected(done.error());
  process_limits_.clear();
  if (report_.memory == enforcement::rlimit)
    process_limits_.push_back({RLIMIT_AS, *wanted.memory_bytes, *wanted.memory_bytes});
  if (report_.pids == enforcement::rlimit)
    process_limits_.push_back({RLIMIT_NPROC, *wanted.pids, *wanted.pids});
  return report_;
}

result<void> limit_keeper::join(limit_report const& all) {
  for (auto const name : limit_controllers) {
    auto const by = enforcement_of(all, name);
    if (by == enforcement::cgroup1)
      if (auto done = make_cgroup1(name); !done) return done;
    // Whom the kernel ends for want of memory is counted only where it counts memory.
    if (by == enforcement::cgroup2) static_cast<void>(enable_cgroup2(name));
  }
  return {};
}

std::size_t limit_keeper::gather(std::vector<pid_t> const& members) const {
  std::size_t moved = 0;
  for (auto const& one : cgroup1_) {
    auto const there = one.directory.processes().value_or(std::vector<pid_t>());
    for (auto const pid : members) {
      if (std::ranges::find(there, pid) != there.end()) continue;
      // Who has ended meanwhile needs no limit.
      if (one.directory.write("cgroup.procs", fmt::format("{}", pid))) ++moved;
    }
  }
  return moved;
}

bool limit_keeper::is_there() const {
  auto const stands = [](system::cgroup_directory const& one) { return one.has("cgroup.procs"); };
  return (!leaf_ || stands(*leaf_)) &&
         std::ranges::all_of(cgroup1_, [&](controller const& one) { return stands(one.directory); });
}

std::vector<int> limit_keeper::joined() const {
  std::vector<int> all;
  all.reserve(cgroup1_.size());
  for (auto const& one : cgroup1_) all.push_back(one.procs.get());
  return all;
}

run_usage limit_keeper::usage() const {
  run_usage used;
  if (leaf_) {
    used.memory_bytes = leaf_->number("memory.current");
    used.memory_peak_bytes = leaf_->number("memory.peak");
    used.pids = leaf_->number("pids.current");
    if (auto const us = leaf_->number("cpu.stat", "usage_usec")) used.cpu = std::chrono::microseconds(*us);
  }
  if (auto const* memory = cgroup1("memory"); memory != nullptr && !used.memory_bytes) {
    used.memory_bytes = memory->directory.number("memory.usage_in_bytes");
    used.memory_peak_bytes = memory->directory.number("memory.max_usage_in_bytes");
  }
  if (auto const* pids = cgroup1("pids"); pids != nullptr && !used.pids)
    used.pids = pids->directory.number("pids.current");
  return used;
}

std::uint64_t limit_keeper::oom_kills() const {
  std::uint64_t kills = 0;
  if (leaf_) kills += leaf_->number("memory.events", "oom_kill").value_or(0);
  if (auto const* memory = cgroup1("memory"))
    kills += memory->directory.number("memory.oom_control", "oom_kill").value_or(0);
  return kills;
}

result<void> limit_keeper::remove() {
  for (auto const& one : cgroup1_)
    if (auto done = one.directory.remove(); !done) return done;
  cgroup1_.clear();
  return {};
}

}  // namespace ostler::keeper
