// Which instances there are, and the requests that put them up and down.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/creation.hpp"
#include "answers/groups.hpp"
#include "answers/removal.hpp"
#include "answers/service_orders.hpp"
#include "answers/updates.hpp"
#include "answers/waiting.hpp"
#include "operations/instance_operations.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

using operations::instance_state;

template <class T> bool allows(std::vector<T> const& filter, T const& value) {
  return filter.empty() || std::ranges::find(filter, value) != filter.end();
}

bool fits(operations::instance_filter const& asked, operations::instance const& one) {
  return allows(asked.state, one.state) && allows(asked.provider, one.provider) &&
         allows(asked.project, one.project) && allows(asked.attention, one.attention.kind) &&
         one.name.contains(asked.name);
}

task<result<operations::instance_list>> list(answer_needs const* needs, operations::instance_filter asked,
                                             control::caller who) {
  operations::instance_list out;
  out.seq = needs->middle->kept_seq();
  auto const at = told_now(needs);
  for (auto const* it : needs->middle->all()) {
    if (!who.sees(it->id)) continue;
    auto one = told(*it, at);
    if (fits(asked, one)) out.instances.push_back(std::move(one));
  }
  out.total = out.instances.size();
  std::ranges::sort(out.instances, {}, &operations::instance::name);
  if (!asked.after.empty())
    std::erase_if(out.instances, [&](auto const& one) { return one.name <= asked.after; });
  if (out.instances.size() > asked.limit) out.instances.resize(asked.limit);
  co_return out;
}

task<result<operations::instance>> get(answer_needs const* needs, operations::instance_named asked,
                                       control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto out = told_now(needs, **it);
  co_await ask_keeper(needs, &out);
  co_return out;
}

// Puts it to the fleet, waits for its end, and tells how it is then.
task<result<operations::instance>> order(answer_needs const* needs, instance_id id,
                                         lifecycle::instance_event what, milliseconds wait,
                                         condition at_rest) {
  lifecycle::for_instance given{.id = id, .what = std::move(what)};
  if (auto const kept = co_await needs->middle->ask(std::move(given)); !kept)
    co_return std::unexpected(kept.error());
  co_await wait_until(needs, id, wait, std::move(at_rest));
  auto const* it = needs->middle->find(id);
  if (it == nullptr) co_return fail(error_code::instance_unknown, "the instance was deleted meanwhile");
  co_return told_now(needs, *it);
}

bool has_come_up(lifecycle::instance const* it) {
  return it == nullptr || is_ready(*it) || it->failed || it->wanted != lifecycle::goal::running;
}

bool has_come_down(lifecycle::instance const* it) {
  if (it == nullptr || it->failed || it->wanted == lifecycle::goal::running) return true;
  auto const state = lifecycle::state_of(it->now);
  return state == lifecycle::instance_state::stopped || state == lifecycle::instance_state::defined ||
         state == lifecycle::instance_state::failed;
}

task<result<operations::instance>> start(answer_needs const* needs, operations::instance_start asked,
                                         control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto const id = (*it)->id;
  if (asked.services.empty())
    co_return co_await order(needs, id, lifecycle::start_asked{who.actor}, asked.wait, has_come_up);
  co_return co_await order_services(
      needs, id, {.act = service_act::start, .services = asked.services, .grace = {}, .wait = asked.wait});
}

// All services at once, with less time than their own; the instance follows by the lifecycle.
task<result<void>> hurry_services(answer_needs const* needs, lifecycle::instance const* it,
                                  milliseconds grace) {
  if (it->spec.before_close_hook)
    co_return fail(error_code::feature_missing,
                   fmt::format("{} has something to do before its services stop, so `grace` needs the names "
                               "of services",
                               it->spec.name));
  auto const keeper = needs->middle->keeper_of(it->id);
  // Without it nothing of it runs that could be given a time.
  if (!keeper) co_return result<void>{};
  wire::services_named all{.services = {}, .grace = grace};
  auto const done = co_await keeper->ask<wire::nothing>("service.stop", std::move(all));
  if (!done) co_return std::unexpected(done.error());
  co_return result<void>{};
}

task<result<operations::instance>> stop(answer_needs const* needs, operations::instance_stop asked,
                                        control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto const id = (*it)->id;
  if (!asked.services.empty()) {
    auto const grace = asked.force ? std::optional(milliseconds{}) : asked.grace;
    co_return co_await order_services(
        needs, id,
        {.act = service_act::stop, .services = asked.services, .grace = grace, .wait = asked.wait});
  }
  if (asked.grace && !asked.force) {
    auto const hurried = co_await hurry_services(needs, *it, *asked.grace);
    if (!hurried) co_return std::unexpected(hurried.error());
  }
  co_return co_await order(needs, id, lifecycle::stop_asked{.actor = who.actor, .force = asked.force},
                           asked.wait, has_come_down);
}

task<result<operations::instance>> restart(answer_needs const* needs, operations::instance_stop asked,
                                           control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto const id = (*it)->id;
  if (!asked.services.empty()) {
    auto const grace = asked.force ? std::optional(milliseconds{}) : asked.grace;
    co_return co_await order_services(
        needs, id,
        {.act = service_act::restart, .services = asked.services, .grace = grace, .wait = asked.wait});
  }
  // It is up and ready still; only what comes after the way down counts.
  auto const before = (*it)->start_number;
  auto const grace = asked.force ? std::optional(milliseconds{}) : asked.grace;
  if (grace) {
    auto const hurried = co_await hurry_services(needs, *it, *grace);
    if (!hurried) co_return std::unexpected(hurried.error());
  }
  co_return co_await order(needs, id, lifecycle::restart_asked{who.actor}, asked.wait,
                           [before](lifecycle::instance const* one) {
                             if (one == nullptr || one->failed) return true;
                             if (one->wanted != lifecycle::goal::running) return true;
                             return one->start_number > before && !one->bounce && is_ready(*one);
                           });
}

}  // namespace

void bind_instances(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  into.bind<instances_list>([needs = &needs](auto asked, auto who) { return list(needs, asked, who); });
  into.bind<instances_create>(
      [needs = &needs](auto asked, auto who) { return create_instance(needs, asked, who); });
  into.bind<instances_get>([needs = &needs](auto asked, auto who) { return get(needs, asked, who); });
  into.bind<instances_update>(
      [needs = &needs](auto asked, auto who) { return update_instance(needs, asked, who); });
  into.bind<instances_delete>(
      [needs = &needs](auto asked, auto who) { return delete_instance(needs, asked, who); });
  into.bind<instances_start>([needs = &needs](auto asked, auto who) { return start(needs, asked, who); });
  into.bind<instances_stop>([needs = &needs](auto asked, auto who) { return stop(needs, asked, who); });
  into.bind<instances_restart>([needs = &needs](auto asked, auto who) { return restart(needs, asked, who); });
  into.bind<instances_wait>([needs = &needs](auto asked, auto who) { return wait_for(needs, asked, who); });
}

}  // namespace ostler::answers
