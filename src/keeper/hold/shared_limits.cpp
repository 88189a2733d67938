#include "keeper/hold/shared_limits.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace ostler::keeper {
namespace {

bool by_cgroup(enforcement by) { return by == enforcement::cgroup2 || by == enforcement::cgroup1; }

std::string amount_of_memory(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (unit + 1 < units.size() && bytes >= 1024 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, units.at(unit));
}

std::string amount_of(run_limits const& wanted, std::string_view controller) {
  if (controller == "memory") return amount_of_memory(wanted.memory_bytes.value_or(0));
  if (controller == "cpu") return fmt::format("{} processors", wanted.cpu_cores.value_or(0));
  return fmt::format("{} processes", wanted.pids.value_or(0));
}

}  // namespace

shared_limits::shared_limits(limit_places places) : places_(std::move(places)), held_(places_, {}) {}

void shared_limits::use_cgroup2(std::string directory, std::vector<std::string> above) {
  directory_ = std::move(directory);
  above_ = std::move(above);
  held_.use_cgroup2(directory_, above_);
}

// One by one: what cannot be had of one is no reason to do without the others.
void shared_limits::apply(run_limits const& wanted) {
  wanted_ = wanted;
  if (!held_.is_there()) {
    held_ = limit_keeper(places_, {});
    if (!directory_.empty()) held_.use_cgroup2(directory_, above_);
  }
  held_.find_former();
  for (std::size_t i = 0; i < states_.size(); ++i) states_.at(i) = try_one(limit_controllers.at(i));
}

shared_limits::state shared_limits::try_one(std::string_view controller) {
  auto const done = held_.apply_one(controller, wanted_);
  if (!done) return {.by = enforcement::none, .why = done.error().message, .may_pass = true};
  if (done->by == enforcement::not_asked || by_cgroup(done->by)) return {.by = done->by, .why = {}};
  return {.by = enforcement::none, .why = done->why};
}

bool shared_limits::should_be_tried_again() const {
  if (wanted_ == run_limits()) return false;
  return !held_.is_there() || std::ranges::any_of(states_, &state::may_pass);
}

void shared_limits::weaken(std::string const& why) {
  for (auto& each : states_)
    if (by_cgroup(each.by)) each = {.by = enforcement::none, .why = why, .may_pass = true};
}

std::vector<shared_limit> shared_limits::told() const {
  std::vector<shared_limit> all;
  for (std::size_t i = 0; i < limit_controllers.size(); ++i) {
    auto const controller = limit_controllers.at(i);
    if (!is_asked(wanted_, controller)) continue;
    all.push_back({.controller = controller,
                   .by = states_.at(i).by,
                   .amount = amount_of(wanted_, controller),
                   .why = states_.at(i).why});
  }
  return all;
}

result<void> shared_limits::remove() const {
  for (auto const& place : places_) {
    auto const open = system::cgroup_directory::open(place.directory);
    if (!open) continue;
    if (auto done = open->remove(); !done) return done;
  }
  return {};
}

}  // namespace ostler::keeper
