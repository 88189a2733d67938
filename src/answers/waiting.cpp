#include "answers/waiting.hpp"

#include <algorithm>
#include <utility>

#include "system/clock.hpp"

namespace ostler::answers {
namespace {

constexpr std::string_view of_service = "service:";

}  // namespace

bool holds(std::string_view condition, lifecycle::instance const* it) {
  if (it == nullptr) return condition == "deleted";
  auto const state = lifecycle::state_of(it->now);
  if (condition == "ready") return is_ready(*it);
  if (condition == "running") return state == lifecycle::instance_state::running;
  if (condition == "stopped") return state == lifecycle::instance_state::stopped;
  if (condition == "error")
    return state == lifecycle::instance_state::failed ||
           lifecycle::health_of(*it) == lifecycle::instance_health::error;
  if (condition == "attention") return it->needs.kind != lifecycle::attention_kind::none;
  if (!condition.starts_with(of_service)) return false;
  auto const name = condition.substr(of_service.size());
  auto const* spec = spec_of(*it, name);
  auto const* view = view_of(*it, name);
  return spec != nullptr && view != nullptr && is_ready(*view, *spec);
}

task<result<operations::instance_waited>> wait_for(answer_needs const* needs, operations::instance_wait asked,
                                                   control::caller who) {
  auto const found = find_instance(needs, asked.instance, who);
  if (!found) co_return std::unexpected(found.error());
  if (asked.until.empty()) asked.until.emplace_back("ready");
  std::vector<std::string> services;
  for (auto const& each : asked.until)
    if (each.starts_with(of_service)) services.push_back(each.substr(of_service.size()));
  if (auto done = check_services_of(**found, services); !done) co_return std::unexpected(done.error());
  auto const begun = system::now();
  auto const id = (*found)->id;
  auto last = **found;
  bool reached = false;
  // What is gone stays as it is, so there is nothing more to wait for.
  co_await wait_until(needs, id, asked.timeout, [&](lifecycle::instance const* it) {
    if (it != nullptr) last = *it;
    auto const is_so = [it](std::string const& one) { return holds(one, it); };
    reached = asked.any ? std::ranges::any_of(asked.until, is_so) : std::ranges::all_of(asked.until, is_so);
    return reached || it == nullptr;
  });
  operations::instance_waited out;
  out.reached = reached;
  auto const at = told_now(needs);
  out.instance = needs->middle->find(id) == nullptr ? told_deleted(std::move(last), at) : told(last, at);
  out.waited = std::chrono::duration_cast<milliseconds>(at.now - begun);
  co_return out;
}

}  // namespace ostler::answers
