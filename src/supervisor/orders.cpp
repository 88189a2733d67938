#include "supervisor/orders.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>

#include "wire/keeper_verbs.hpp"

namespace ostler::supervisor {

using lifecycle::for_instance;
using lifecycle::instance_event;
using lifecycle::order;
using lifecycle::order_kind;

namespace {

// Of what a hook printed, for the message when it fails.
constexpr std::size_t hook_output_max = 2000;

instance_event failed(lifecycle::operation_number number, error why) {
  bool const again = facts(why.code).retryable;
  return lifecycle::step_failed{.number = number, .why = std::move(why), .retryable = again};
}

lifecycle::presence presence_of(providers::presence seen) {
  switch (seen) {
    case providers::presence::unknown: return lifecycle::presence::unknown;
    case providers::presence::absent: return lifecycle::presence::absent;
    case providers::presence::present: break;
  }
  return lifecycle::presence::present;
}

providers::named_resource resource_of(lifecycle::resource_reference const& what) {
  return {.kind = what.kind,
          .label = what.label,
          .name = what.name,
          .handle = what.provider_id,
          .generation = what.generation};
}

error not_reached() { return {error_code::link_failed, "the keeper is not reached just now", {}, {}}; }

}  // namespace

void orders::carry_out(instance_id who, order const& given) {
  place const key{epoch_, who, given.number};
  if (given.kind == order_kind::cancel) {
    auto const found = under_way_.find(key);
    if (found == under_way_.end()) return;
    auto stop = found->second;
    under_way_.erase(found);
    return stop.stop();
  }
  under_way_.emplace(key, async::stopper());
  auto const started =
      needs_.tasks->spawn_stoppable(fmt::format("{} of {}", lifecycle::name(given.kind), who.text()),
                                    [this, key, given] { return carry(key, given); });
  if (!started) {
    under_way_.erase(key);
    return;
  }
  // It may have ended in this very turn.
  if (auto const found = under_way_.find(key); found != under_way_.end()) found->second = *started;
}

void orders::give_up_all() {
  ++epoch_;
  for (auto& [key, stop] : std::exchange(under_way_, {})) stop.stop();
}

task<void> orders::carry(place key, order given) {
  auto said = co_await answer(key.who, given);
  // One that was given up has nothing to say.
  if (under_way_.erase(key) == 0) co_return;
  needs_.feed(for_instance{key.who, std::move(said)});
}

task<instance_event> orders::answer(instance_id who, order given) {
  auto const* it = needs_.find(who);
  if (it == nullptr) co_return failed(given.number, {error_code::instance_unknown, "it is gone", {}, {}});
  auto const found = place_of(*it, needs_);
  if (!found) co_return failed(given.number, found.error());
  auto const* const at = &*found;
  switch (given.kind) {
    case order_kind::resolve_project: co_return co_await resolve_project(at, given.number);
    case order_kind::resolve_workspace: co_return co_await resolve_workspace(at, given.number);
    case order_kind::make: co_return co_await make(at, given);
    case order_kind::launch: co_return co_await launch(at, given);
    case order_kind::inspect: co_return co_await inspect(at, given);
    case order_kind::run_after_connected:
    case order_kind::run_before_close: co_return co_await run_hook(at, given);
    case order_kind::apply_services:
      co_return co_await apply_services(at->where.whose.instance, given.number);
    case order_kind::start_services: co_return co_await start_services(at, given.number);
    case order_kind::stop_services: co_return co_await stop_services(at, given);
    case order_kind::stop_keeper:
    case order_kind::remove: co_return co_await remove(at, given);
    // The fleet keeps these to itself.
    case order_kind::open_link:
    case order_kind::close_link:
    case order_kind::cancel:
    case order_kind::ask_turn:
    case order_kind::return_turn: break;
  }
  co_return failed(given.number, {error_code::system_failed, "this order is not for providers", {}, {}});
}

providers::call orders::call_within(instance_id who, milliseconds limit) const {
  return {.limit = limit, .report = [this, who](providers::progress const& done) {
            if (needs_.progress) needs_.progress(who, done);
          }};
}

// --- the place ---

// Where the project is, is said by whoever asked; whether the place can be made of it, by the provider.
task<instance_event> orders::resolve_project(told_place const* at, number order) {
  if (at->where.project.empty() || at->where.project.front() == '/')
    co_return lifecycle::project_resolved{order};
  co_return failed(order, {error_code::provider_refused,
                           fmt::format("the project {} is no absolute path", in_quotes(at->where.project)),
                           {},
                           {}});
}

task<instance_event> orders::resolve_workspace(told_place const* at, number order) {
  auto const planned =
      co_await at->by->plan(call_within(at->where.whose.instance, limits_.resolve_limit), at->where);
  if (!planned) co_return failed(order, planned.error());
  lifecycle::workspace_resolved said{.number = order, .wishes = {}};
  for (auto const& wish : *planned) {
    // Launching it is a step of its own.
    if (wish.kind == providers::keeper_kind) continue;
    said.wishes.push_back({.kind = wish.kind,
                           .label = wish.label,
                           .life = wish.life == providers::lifetime::run ? lifecycle::lifetime::run
                                                                         : lifecycle::lifetime::instance,
                           .amount = wish.amount});
  }
  co_return said;
}

task<instance_event> orders::make(told_place const* at, order given) {
  auto const& what = given.resources.front();
  auto const made = co_await at->by->prepare(call_within(at->where.whose.instance, limits_.prepare_limit),
                                             at->where, resource_of(what));
  if (!made) co_return failed(given.number, made.error());
  for (auto const& note : made->notes) needs_.log(fmt::format("{}: {}", what.name, note));
  // Who it belongs to is looked at next.
  if (made->how == providers::made_how::existed_foreign)
    co_return lifecycle::resource_existed{.number = given.number, .resource = what.id};
  co_return lifecycle::resource_made{
      .number = given.number, .resource = what.id, .provider_id = made->handle};
}

task<instance_event> orders::launch(told_place const* at, order given) {
  auto const& what = given.resources.front();
  auto const* it = needs_.find(at->where.whose.instance);
  if (it == nullptr) co_return failed(given.number, {error_code::instance_unknown, "it is gone", {}, {}});
  auto spec = keeper_spec_of(*it, at->plan, what.generation);
  for (auto& each : needs_.environment(it->id)) spec.env.push_back(std::move(each));
  spec.heartbeat = limits_.heartbeat_interval;
  auto const begun = co_await at->by->launch(call_within(at->where.whose.instance, limits_.launch_limit),
                                             at->where, resource_of(what), std::move(spec));
  if (!begun) co_return failed(given.number, begun.error());
  co_return lifecycle::resource_made{
      .number = given.number, .resource = what.id, .provider_id = begun->handle};
}

task<instance_event> orders::inspect(told_place const* at, order given) {
  std::vector<providers::named_resource> wanted;
  for (auto const& each : given.resources) wanted.push_back(resource_of(each));
  auto const seen = co_await at->by->inspect(call_within(at->where.whose.instance, limits_.inspect_limit),
                                             at->where, std::move(wanted));
  if (!seen) co_return failed(given.number, seen.error());
  lifecycle::inspected said{.number = given.number, .sightings = {}};
  for (std::size_t i = 0; i < seen->size() && i < given.resources.size(); ++i) {
    auto const& one = (*seen)[i];
    said.sightings.push_back({.resource = given.resources[i].id,
                              .seen = presence_of(one.seen),
                              .ours = one.ours,
                              .provider_id = one.handle});
    if (!one.detail.empty() && one.seen == providers::presence::unknown)
      needs_.log(fmt::format("{} cannot be seen: {}", one.name, one.detail));
  }
  co_return said;
}

task<instance_event> orders::remove(told_place const* at, order given) {
  auto const& what = given.resources.front();
  auto const pace = given.force ? providers::provider::pace::hurry : providers::provider::pace::patient;
  auto const gone = co_await at->by->destroy(call_within(at->where.whose.instance, limits_.remove_limit),
                                             at->where, resource_of(what), pace);
  if (!gone) {
    auto why = gone.error();
    if (!why.detail.empty()) why.message += ": " + why.detail.substr(0, why.detail.find('\n'));
    co_return failed(given.number, std::move(why));
  }
  co_return lifecycle::resource_removed{.number = given.number, .resource = what.id};
}

// --- what runs in it ---

// As kept: what is only decided may still be undone.
task<instance_event> orders::apply_services(instance_id who, number order) {
  auto const keeper = links_.reached(who);
  if (!keeper) co_return failed(order, not_reached());
  auto const* it = needs_.find_kept(who);
  if (it == nullptr) co_return failed(order, {error_code::instance_unknown, "it is gone", {}, {}});
  auto const plan = read_plan(it->spec.settings);
  if (!plan) co_return failed(order, plan.error());
  wire::services_wanted wanted{.services = services_of(*it, *plan), .limits = plan->limits};
  auto const done = co_await keeper->ask<wire::nothing>("services.apply", std::move(wanted));
  if (!done) co_return failed(order, done.error());
  co_return lifecycle::hook_done{order};
}

task<instance_event> orders::start_services(told_place const* at, number order) {
  auto const who = at->where.whose.instance;
  auto const keeper = links_.reached(who);
  if (!keeper) co_return failed(order, not_reached());
  // One that runs already is only found again; its keeper knows which services somebody has stopped since.
  auto const* it = needs_.find(who);
  bool const found_again = it != nullptr && it->now == lifecycle::phase::running;
  auto const names = services_to_start(at->plan);
  if (found_again || names.empty()) co_return lifecycle::hook_done{order};
  auto const done = co_await keeper->ask<wire::nothing>("service.start",
                                                        wire::services_named{.services = names, .grace = {}});
  if (!done) co_return failed(order, done.error());
  co_return lifecycle::hook_done{order};
}

task<instance_event> orders::stop_services(told_place const* at, order given) {
  auto const keeper = links_.reached(at->where.whose.instance);
  if (!keeper) co_return failed(given.number, not_reached());
  wire::services_named all{.services = {}, .grace = {}};
  if (given.force) all.grace = 0ms;
  auto const done = co_await keeper->ask<wire::nothing>("service.stop", std::move(all));
  if (!done) co_return failed(given.number, done.error());
  co_return lifecycle::hook_done{given.number};
}

task<instance_event> orders::run_hook(told_place const* at, order given) {
  bool const up = given.kind == order_kind::run_after_connected;
  auto const keeper = links_.reached(at->where.whose.instance);
  if (!keeper) co_return failed(given.number, not_reached());
  for (auto const& line : up ? at->plan.after_connected : at->plan.before_close) {
    keeper_stream output(keeper);
    wire::exec_start how{.command = {line}, .shell = true, .env = {}, .workdir = {}, .user = {}};
    how.out = output.number();
    how.at_limit = wire::on_time_limit::kill;
    how.limit = limits_.hook_limit;
    how.label = up ? "after-connected" : "before-close";
    auto const begun = co_await keeper->ask<wire::exec_started>("exec.start", std::move(how));
    if (!begun) co_return failed(given.number, begun.error());
    auto const printed = co_await output.read_last(hook_output_max);
    auto const end = co_await keeper->session_end(begun->session);
    if (!end) co_return failed(given.number, end.error());
    if (end->how == wire::ended::code && end->value == 0) continue;
    error why{
        error_code::spawn_failed,
        fmt::format("{} {} {}", in_quotes(line), text(*end), up ? "before the start" : "before the end"),
        printed.value_or(""),
        {}};
    co_return lifecycle::step_failed{.number = given.number, .why = std::move(why), .retryable = false};
  }
  co_return lifecycle::hook_done{given.number};
}

}  // namespace ostler::supervisor
