#include "lifecycle/fleet/test/fleet_walk.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace ostler::lifecycle {
namespace {

fleet_rules tight_rules() {
  fleet_rules rules;
  rules.limits.starts_at_once = 2;
  rules.limits.instances_max = 8;
  rules.ports = {10'000, 10'005};
  rules.quotas.set("*", "container", 4);
  return rules;
}

constexpr std::string_view names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};

}  // namespace

fleet_walk::fleet_walk(std::uint64_t seed, look after_each)
    : dice_(seed), world_(tight_rules()), after_each_(std::move(after_each)) {}

void fleet_walk::run(int steps) {
  for (int i = 0; i < steps; ++i) one_step();
}

void fleet_walk::one_step() {
  auto const draw = dice_.below(100);
  if (draw < 60) return answer();
  if (draw < 72) return pass_time();
  if (draw < 78) return create();
  if (draw < 88) return request();
  if (draw < 98) return trouble();
  if (draw < 99) return looked(world_.crash());
  if (!late_.empty()) give(late_[dice_.below(late_.size())]);
}

// Any of the orders that wait, mostly well.
void fleet_walk::answer() {
  if (world_.orders.empty()) return pass_time();
  auto const which = static_cast<std::ptrdiff_t>(dice_.below(std::min<std::size_t>(world_.orders.size(), 4)));
  auto const given = world_.orders[static_cast<std::size_t>(which)];
  world_.orders.erase(world_.orders.begin() + which);
  auto const* what = std::get_if<order>(&given.what);
  if (what != nullptr && what->number != 0 && dice_.happens(0.1)) {
    error const why{error_code::provider_failed, "it failed", {}, {}};
    return give(for_instance{given.who, step_failed{what->number, why, dice_.happens(0.8)}});
  }
  if (dice_.happens(0.03)) return;  // Nobody answers.
  world_.take_effect(given);
  for (auto const& said : world_.good_answers(given)) {
    late_.push_back(said);
    give(said);
  }
  if (late_.size() > 10) late_.erase(late_.begin(), late_.end() - 10);
}

void fleet_walk::pass_time() {
  auto const wake = world_.all.next_wake();
  if (!wake || dice_.happens(0.1))
    world_.now += milliseconds(dice_.below(3'000));
  else
    world_.now = std::max(world_.now, *wake);
  world_.wall += milliseconds(dice_.below(1'000));
  give(time_passed{});
}

instance_id fleet_walk::somebody() {
  auto const* it = world_.all.find(names[dice_.below(std::size(names))]);
  return it == nullptr ? instance_id::make({}, 9, dice_.below(3)) : it->id;
}

void fleet_walk::request() {
  auto const who = somebody();
  switch (dice_.below(8)) {
    case 0: return give(for_instance{who, delete_asked{"user", dice_.happens(0.2)}});
    case 1:
    case 2: return give(for_instance{who, stop_asked{"user", dice_.happens(0.2)}});
    case 3: return give(for_instance{who, restart_asked{"user"}});
    case 4: return give(for_instance{who, attention_set{attention_kind::idle, "nothing to do"}});
    default: return give(for_instance{who, start_asked{"user"}});
  }
}

void fleet_walk::create() {
  instance_spec spec{.name = std::string(names[dice_.below(std::size(names))]),
                     .provider = dice_.happens(0.8) ? "docker" : "local",
                     .project = "/src/shop"};
  if (dice_.happens(0.6)) spec.services.push_back({.name = "server", .port_wanted = true});
  if (dice_.happens(0.1)) spec.services.push_back({.name = "fixed", .port = 3001});
  spec.before_close_hook = dice_.happens(0.3);
  spec.keep_on_error = dice_.happens(0.2);
  auto const key = dice_.happens(0.5) ? fmt::format("key-{}", dice_.below(20)) : std::string();
  looked(world_.create(spec, key));
}

void fleet_walk::trouble() {
  auto const who = somebody();
  auto const* line = world_.all.find_link(who);
  auto const attempt = line == nullptr ? 1 : line->attempt;
  switch (dice_.below(8)) {
    case 0: return give(for_link{who, stream_closed{attempt}});
    case 1: return give(for_link{who, stream_failed{attempt, "reset"}});
    case 2: return give(for_link{who, error_reported{attempt, "no room"}});
    case 3: return give(for_instance{who, place_doubted{"a rumour"}});
    case 4: return give(port_found_taken{who, "server"});
    case 5: return give(provider_seen{"local", dice_.happens(0.5), "away"});
    case 6: return give(storage_seen{dice_.happens(0.3)});
    default: return give(ours_listed{"docker", {{"container", "ostler-old-container-1", "c7"}}});
  }
}

void fleet_walk::give(fleet_input const& input) { looked(world_.give(input)); }

void fleet_walk::looked(fleet_step const& done) {
  trace_.add(world_.all.last_seq()).add(done.orders.size()).add(done.changed.size());
  after_each_(world_, done);
}

void fleet_walk::end() {
  give(storage_seen{false});
  for (auto const name : names)
    if (auto const* it = world_.all.find(name)) give(for_instance{it->id, delete_asked{"user"}});
  for (int i = 0; i < 5'000 && world_.all.size() > 0; ++i) {
    if (world_.orders.empty()) {
      world_.now = std::max(world_.now, world_.all.next_wake().value_or(world_.now));
      give(time_passed{});
      continue;
    }
    auto const given = world_.orders.front();
    world_.orders.pop_front();
    world_.take_effect(given);
    for (auto const& said : world_.good_answers(given)) give(said);
  }
}

}  // namespace ostler::lifecycle
