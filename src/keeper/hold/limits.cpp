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

std::string parent_of(std::string const& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

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

void limit_keeper::use_cgroup2(std::string const& leaf, std::string const& top) {
  if (auto open = system::cgroup_directory::open(leaf)) leaf_ = std::move(*open);
  top_ = top;
}

limit_keeper::controller const* limit_keeper::cgroup1(std::string_view name) const {
  auto const found = std::ranges::find(cgroup1_, name, &controller::name);
  return found == cgroup1_.end() ? nullptr : &*found;
}

void limit_keeper::find_cgroup1(std::vector<pid_t> const& members) {
  for (auto const* name : {"memory", "cpu", "pids"}) {
    auto const hierarchy = system::find_hierarchy(name);
    if (!hierarchy) continue;
    std::vector<std::string> paths{hierarchy->own_path == "/" ? "/" + run_
                                                              : hierarchy->own_path + "/" + run_};
    // A former keeper may have been elsewhere; those it started still are.
    for (auto const pid : members)
      for (auto const& one : system::cgroups_of(pid).value_or(std::vector<system::cgroup_membership>()))
        if (std::ranges::find(one.controllers, name) != one.controllers.end() &&
            one.path.ends_with("/" + run_))
          paths.push_back(one.path);
    for (auto const& path : paths)
      if (auto const directory = hierarchy->directory_of(path); directory && !cgroup1(name))
        add_cgroup1(name, system::cgroup_directory::open(*directory));
  }
}

bool limit_keeper::add_cgroup1(std::string_view name, result<system::cgroup_directory> directory) {
  if (!directory) return false;
  auto procs = system::open_at(directory->get(), "cgroup.procs", O_WRONLY);
  if (!procs) return false;
  cgroup1_.push_back({std::string(name), std::move(*directory), std::move(*procs)});
  return true;
}

bool limit_keeper::make_cgroup1(std::string_view name, std::vector<pid_t> const& members) {
  if (cgroup1(name) != nullptr) return true;
  auto const hierarchy = system::find_hierarchy(name);
  if (!hierarchy) return false;
  auto const own = hierarchy->directory_of(hierarchy->own_path);
  if (!own) return false;
  auto const path = fmt::format("{}/{}", *own, run_);
  if (!system::cgroup_directory::make(parent_of(path)) ||
      !add_cgroup1(name, system::cgroup_directory::make(path)))
    return false;
  for (auto const pid : members) {
    // Who has ended meanwhile needs no limit.
    auto const moved = cgroup1_.back().directory.write("cgroup.procs", fmt::format("{}", pid));
    static_cast<void>(moved);
  }
  return true;
}

bool limit_keeper::enable_cgroup2(std::string_view name) {
  if (!leaf_) return false;
  auto const file = cgroup2_file(name);
  if (leaf_->has(file)) return true;
  // From above to below: each passes on only what it was given itself. The last look says whether it went
  // well.
  for (auto const& path : {top_, parent_of(leaf_->path())})
    if (auto const above = system::cgroup_directory::open(path))
      static_cast<void>(above->write("cgroup.subtree_control", fmt::format("+{}", name)));
  return leaf_->has(file);
}

result<enforcement> limit_keeper::apply_one(std::string_view name, bool asked, enforcement before,
                                            run_limits const& wanted, std::vector<pid_t> const& members) {
  auto const by_cgroup2 = before == enforcement::cgroup2 || (asked && enable_cgroup2(name));
  auto const by_cgroup1 = !by_cgroup2 && (cgroup1(name) != nullptr || (asked && make_cgroup1(name, members)));
  if (by_cgroup2) {
    if (auto done = set_cgroup2(*leaf_, name, wanted); !done) return std::unexpected(done.error());
  } else if (by_cgroup1) {
    if (auto done = set_cgroup1(cgroup1(name)->directory, name, wanted); !done)
      return std::unexpected(done.error());
  }
  if (!asked) return enforcement::not_asked;
  if (by_cgroup2) return enforcement::cgroup2;
  if (by_cgroup1) return enforcement::cgroup1;
  return name == "cpu" ? enforcement::none : enforcement::rlimit;
}

result<limit_report> limit_keeper::apply(run_limits const& wanted, std::vector<pid_t> const& members) {
  auto const memory = apply_one("memory", wanted.memory_bytes.has_value(), report_.memory, wanted, members);
  if (!memory) return std::unexpected(memory.error());
  report_.memory = *memory;
  auto const cpu = apply_one("cpu", wanted.cpu_cores.has_value(), report_.cpu, wanted, members);
  if (!cpu) return std::unexpected(cpu.error());
  report_.cpu = *cpu;
  auto const pids = apply_one("pids", wanted.pids.has_value(), report_.pids, wanted, members);
  if (!pids) return std::unexpected(pids.error());
  report_.pids = *pids;

  process_limits_.clear();
  if (report_.memory == enforcement::rlimit)
    process_limits_.push_back({RLIMIT_AS, *wanted.memory_bytes, *wanted.memory_bytes});
  if (report_.pids == enforcement::rlimit)
    process_limits_.push_back({RLIMIT_NPROC, *wanted.pids, *wanted.pids});
  return report_;
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
  for (auto const& one : cgroup1_) {
    if (auto done = one.directory.remove(); !done) return done;
    // The instance's own; it stays while another run has its limits below it.
    static_cast<void>(::rmdir(parent_of(one.directory.path()).c_str()));
  }
  cgroup1_.clear();
  return {};
}

}  // namespace ostler::keeper
