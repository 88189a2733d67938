// Other services than before: those that a client asks for, and those that a former keeper held and this
// one's spec has no more, or has otherwise.
//
// What is changed is written down for each service before the list itself is, so that a keeper that is killed
// in between leaves one behind that knows what is still to be done. A service that is being replaced stays
// wanted all the while; the ledger says that it is outdated until one of the new kind stands in its place.
#include <algorithm>
#include <utility>
#include <vector>

#include "keeper/services/rules.hpp"
#include "keeper/services/service_set.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

// The services as they were last taken up, beside spec.json, which whoever launches us writes.
constexpr char const* held_services_name = "services.json";
constexpr std::size_t held_services_max = 16UL * 1024 * 1024;

// Whether it starts by itself says nothing about how it runs.
std::string way_it_runs(wire::service_spec spec) {
  spec.autostart = true;
  return wire::to_json(spec);
}

bool runs_alike(wire::service_spec const& one, wire::service_spec const& other) {
  return way_it_runs(one) == way_it_runs(other);
}

// None when they cannot be read: then whatever runs is taken for what the spec says.
std::vector<wire::service_spec> held_services(home const& place) {
  auto const text = system::read_file_at(place.get(), held_services_name, held_services_max);
  if (!text) return {};
  auto read = wire::from_json<wire::services_wanted>(*text);
  if (!read) return {};
  return std::move(read->services);
}

}  // namespace

bool service_set::is_outdated(std::string const& name) const {
  auto const* held = keeper::find(world_.story.state().services, name);
  return held != nullptr && held->outdated;
}

// From what was taken up last, which it gives, to what the spec says now.
result<std::vector<wire::service_spec>> service_set::take_up_spec() {
  auto before = held_services(world_.place);
  for (auto const& former : before) {
    auto const now = std::ranges::find(spec_.services, former.name, &wire::service_spec::name);
    auto const* held = keeper::find(world_.story.state().services, former.name);
    bool const differs = now != spec_.services.end() && !runs_alike(former, *now);
    if (differs && held != nullptr && held->run != 0 && !held->outdated)
      world_.story.append({.fact = "service.outdated", .service = former.name});
  }
  auto const kept =
      system::replace_file_at(world_.place.get(), held_services_name,
                              wire::to_json(wire::services_wanted{spec_.services}), system::survives::killed);
  if (!kept) return std::unexpected(kept.error());
  return before;
}

// What a former keeper held and this spec does not have is ended, in the way it was to be ended then, and
// only after that forgotten.
void service_set::take_in_the_removed(std::vector<wire::service_spec> const& former) {
  for (auto const& held : std::vector(world_.story.state().services)) {
    if (find(held.name) != nullptr) continue;
    auto const known = std::ranges::find(former, held.name, &wire::service_spec::name);
    auto spec = known == former.end() ? wire::service_spec{.name = held.name} : *known;
    // It is not to take one from anybody who stays.
    spec.port = {};
    removed_.push_back(make(spec));
    removed_.back()->restore(held);
    removed_.back()->want(false);
  }
  settle_.set(instant{});
}

result<void> service_set::apply(wire::services_wanted asked) {
  if (stopping_) return fail(error_code::invalid_state, "the instance is being stopped");
  if (auto done = check_services(asked.services); !done) return done;
  auto wanted = spec_;
  wanted.services = std::move(asked.services);
  if (asked.limits) wanted.limits = *asked.limits;
  if (auto done = check_limits_of_all(wanted); !done) return done;
  if (auto done = world_.place.keep_spec(wanted); !done) return done;
  spec_ = std::move(wanted);
  if (asked.limits) world_.contained.limit_all(limits_of(spec_.limits));
  if (auto const done = take_up_spec(); !done) return std::unexpected(done.error());
  for (auto& host : hosts_) {
    auto const stays = std::ranges::find(spec_.services, host->name(), &wire::service_spec::name);
    if (stays != spec_.services.end()) continue;
    host->want(false);
    removed_.push_back(std::move(host));
  }
  std::erase(hosts_, nullptr);
  settle();
  return {};
}

void service_set::let_go_of_removed() {
  std::vector<std::string> gone;
  for (auto const& each : removed_)
    if (each->at_rest()) gone.push_back(each->name());
  std::erase_if(removed_, [](auto const& each) { return each->at_rest(); });
  // When it is wanted again already, what is known of it goes on.
  for (auto const& name : gone) {
    if (std::ranges::find(spec_.services, name, &wire::service_spec::name) != spec_.services.end()) continue;
    world_.story.append({.fact = "service.removed", .service = name});
    world_.tell();
  }
}

// A service of the same name may only be made when nothing is left of the former one.
void service_set::make_the_new() {
  for (auto& host : hosts_) {
    if (!is_outdated(host->name())) continue;
    host->rest();
    if (host->at_rest()) renew(host);
  }
  for (auto const& spec : spec_.services) {
    if (find(spec.name) != nullptr) continue;
    if (std::ranges::any_of(removed_, [&](auto const& each) { return each->name() == spec.name; })) continue;
    auto& made = hosts_.emplace_back(make(spec));
    if (auto const* former = keeper::find(world_.story.state().services, spec.name); former != nullptr)
      made->succeed(held_run(*former), nullptr);
    if (!stopping_ && spec.autostart) made->want(true);
  }
}

void service_set::renew(std::unique_ptr<service_host>& host) {
  auto const spec = *std::ranges::find(spec_.services, host->name(), &wire::service_spec::name);
  auto const former = *keeper::find(world_.story.state().services, spec.name);
  auto log = host->opened_log();
  host.reset();
  host = make(spec);
  host->succeed(former, std::move(log));
  world_.story.append({.fact = "service.renewed", .service = spec.name});
  if (!stopping_ && former.wanted) host->want(true);
}

}  // namespace ostler::keeper
