#include "answers/asked.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "async/deadline.hpp"
#include "base/name.hpp"
#include "system/clock.hpp"

namespace ostler::answers {

told_at told_now(answer_needs const* needs) {
  return {.now = system::now(),
          .wall = system::wall_now(),
          .reconnect_attempts = needs->middle->rules().limits.reconnect_attempts};
}

operations::instance told_now(answer_needs const* needs, lifecycle::instance const& it) {
  return told(it, told_now(needs));
}

result<lifecycle::instance const*> find_instance(answer_needs const* needs, std::string_view id_or_name,
                                                 control::caller const& who) {
  auto const* it = needs->middle->find(id_or_name);
  if (it != nullptr && who.sees(it->id)) return it;
  return fail(error_code::instance_unknown, fmt::format("there is no instance {}", in_quotes(id_or_name)));
}

result<void> check_services_of(lifecycle::instance const& it, std::vector<std::string> const& names) {
  for (auto const& each : names) {
    if (spec_of(it, each) != nullptr) continue;
    std::vector<std::string_view> known;
    for (auto const& spec : it.spec.services) known.emplace_back(spec.name);
    return fail(error_code::service_unknown,
                fmt::format("{} has no service {}; it has: {}", it.spec.name, in_quotes(each),
                            known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
  return {};
}

result<keeper_ptr> keeper_of(answer_needs const* needs, lifecycle::instance const& it) {
  if (auto keeper = needs->middle->keeper_of(it.id)) return keeper;
  using enum lifecycle::instance_state;
  auto const state = lifecycle::state_of(it.now);
  if (state == running || state == starting || state == stopping)
    return fail(
        error_code::link_failed,
        fmt::format("the keeper of {} is not reached just now ({})", it.spec.name, lifecycle::message_of(it)),
        lifecycle::detail_of(it, system::now()));
  return fail(error_code::invalid_state,
              fmt::format("{} does not run: {}", it.spec.name, lifecycle::message_of(it)), {},
              {fmt::format("ostler start {}", it.spec.name)});
}

result<reached> reach(answer_needs const* needs, std::string_view id_or_name, control::caller const& who) {
  auto const it = find_instance(needs, id_or_name, who);
  if (!it) return std::unexpected(it.error());
  auto keeper = keeper_of(needs, **it);
  if (!keeper) return std::unexpected(std::move(keeper.error()));
  return reached{.id = (*it)->id, .name = (*it)->spec.name, .keeper = std::move(*keeper)};
}

namespace {

task<void> watch(answer_needs const* needs, instance_id id, condition const* holds) {
  while (!(*holds)(needs->middle->find(id))) co_await needs->middle->news_of(id);
}

}  // namespace

task<bool> wait_until(answer_needs const* needs, instance_id id, milliseconds limit, condition holds) {
  if (holds(needs->middle->find(id))) co_return true;
  if (limit <= milliseconds{}) co_return false;
  auto watching = watch(needs, id, &holds);
  auto const end = co_await async::race(limit, std::move(watching));
  co_return end == async::ending::in_time || holds(needs->middle->find(id));
}

}  // namespace ostler::answers
