#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "answers/asked.hpp"
#include "answers/groups.hpp"
#include "answers/service_orders.hpp"
#include "async/deadline.hpp"
#include "operations/instance_operations.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

// Of a keeper that is stopped or overloaded, what is known is told without it.
constexpr milliseconds status_limit{1s};

using views = std::map<std::string, lifecycle::service_view>;

std::string_view verb_of(service_act act) {
  switch (act) {
    case service_act::start: return "service.start";
    case service_act::stop: return "service.stop";
    case service_act::restart: break;
  }
  return "service.restart";
}

// Is it where the order sends it? `before` is how it was when the order was given.
bool has_arrived(service_act act, lifecycle::service_view const& view, lifecycle::service_view const& before,
                 lifecycle::service_spec const& spec) {
  bool const rests = view.state == "stopped" || view.state == "idle";
  if (act == service_act::stop) return rests || view.state == "error";
  bool const is_new = view.run > before.run;
  if (view.state == "error") return is_new || !(view == before);
  if (!is_ready(view, spec)) return false;
  return act == service_act::start || is_new;
}

bool all_arrived(service_order const& given, views const& before, lifecycle::instance const* it) {
  if (it == nullptr || it->wanted != lifecycle::goal::running || it->failed) return true;
  return std::ranges::all_of(given.services, [&](std::string const& name) {
    auto const* spec = spec_of(*it, name);
    auto const* view = view_of(*it, name);
    if (spec == nullptr) return true;
    return view != nullptr && has_arrived(given.act, *view, before.at(name), *spec);
  });
}

task<result<operations::service_list>> list(answer_needs const* needs, operations::instance_named asked,
                                            control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  operations::service_list out{.services = services_of(**it)};
  co_await ask_keeper(needs, (*it)->id, &out.services);
  co_return out;
}

task<result<operations::service>> order_one(answer_needs const* needs, std::string instance,
                                            service_order given, control::caller who) {
  auto const it = find_instance(needs, instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto const id = (*it)->id;
  auto const name = given.services.front();
  auto const done = co_await order_services(needs, id, std::move(given));
  if (!done) co_return std::unexpected(done.error());
  std::vector<operations::service> found;
  for (auto const& each : done->services)
    if (each.name == name) found.push_back(each);
  if (found.empty())
    co_return fail(error_code::service_unknown, fmt::format("{} has no service {} any more", instance, name));
  co_await ask_keeper(needs, id, &found);
  co_return std::move(found.front());
}

// What was kept is told also when it cannot.
task<result<wire::keeper_status>> status_of(answer_needs const* needs, instance_id id) {
  auto const keeper = needs->middle->keeper_of(id);
  if (!keeper) co_return fail(error_code::link_failed, "its keeper is not reached just now");
  auto asking = keeper->ask<wire::keeper_status>("status", wire::nothing{});
  co_return co_await async::with_deadline(status_limit, "asking the keeper", std::move(asking));
}

}  // namespace

task<void> ask_keeper(answer_needs const* needs, instance_id id, std::vector<operations::service>* into) {
  auto const status = co_await status_of(needs, id);
  if (!status) co_return;
  for (auto& each : *into) {
    auto const found = std::ranges::find(status->services, each.name, &wire::service_status::name);
    if (found != status->services.end()) enrich(each, *found);
  }
}

task<void> ask_keeper(answer_needs const* needs, operations::instance* into) {
  auto const status = co_await status_of(needs, into->id);
  auto const* it = needs->middle->find(into->id);
  if (!status || it == nullptr) co_return;
  auto const plan = supervisor::read_plan(it->spec.settings);
  enrich(*into, plan ? plan->limits : wire::limits_spec{}, *status);
}

task<result<operations::instance>> order_services(answer_needs const* needs, instance_id id,
                                                  service_order given) {
  auto const* it = needs->middle->find(id);
  if (it == nullptr) co_return fail(error_code::instance_unknown, "the instance is gone");
  if (auto done = check_services_of(*it, given.services); !done) co_return std::unexpected(done.error());
  auto const keeper = keeper_of(needs, *it);
  if (!keeper) co_return std::unexpected(keeper.error());
  if (it->wanted != lifecycle::goal::running)
    co_return fail(error_code::invalid_state,
                   fmt::format("{} is on its way down ({})", it->spec.name, lifecycle::message_of(*it)));
  views before;
  for (auto const& each : given.services) {
    auto const* view = view_of(*it, each);
    before.emplace(each, view == nullptr ? lifecycle::service_view{.name = each} : *view);
  }
  wire::services_named named{.services = given.services, .grace = given.grace};
  auto const done = co_await (*keeper)->ask<wire::nothing>(verb_of(given.act), std::move(named));
  if (!done) co_return std::unexpected(done.error());
  co_await wait_until(needs, id, given.wait,
                      [&](lifecycle::instance const* now) { return all_arrived(given, before, now); });
  auto const* after = needs->middle->find(id);
  if (after == nullptr) co_return fail(error_code::instance_unknown, "the instance was deleted meanwhile");
  co_return told_now(needs, *after);
}

void bind_services(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  into.bind<services_list>([needs = &needs](auto asked, auto who) { return list(needs, asked, who); });
  into.bind<services_start>([needs = &needs](operations::service_start asked, control::caller who) {
    return order_one(
        needs, asked.instance,
        {.act = service_act::start, .services = {asked.service}, .grace = {}, .wait = asked.wait}, who);
  });
  into.bind<services_stop>([needs = &needs](operations::service_stop asked, control::caller who) {
    return order_one(
        needs, asked.instance,
        {.act = service_act::stop, .services = {asked.service}, .grace = asked.grace, .wait = asked.wait},
        who);
  });
  into.bind<services_restart>([needs = &needs](operations::service_stop asked, control::caller who) {
    return order_one(
        needs, asked.instance,
        {.act = service_act::restart, .services = {asked.service}, .grace = asked.grace, .wait = asked.wait},
        who);
  });
}

}  // namespace ostler::answers
