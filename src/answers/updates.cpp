#include "answers/updates.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/creation.hpp"
#include "answers/service_orders.hpp"
#include "answers/spec_changes.hpp"

namespace ostler::answers {
namespace {

using operations::instance_change;
using operations::instance_changed;

constexpr int tries_max = 10;

// What lies between what is kept and what is asked for.
struct change_plan {
  instance_id id;
  std::uint32_t version = 0;
  lifecycle::instance_spec spec;
  std::vector<std::string> differing;
  instance_changed answer;
};

result<change_plan> plan_of(lifecycle::instance const& it, instance_change const& asked) {
  auto wish = wish_of(it.spec);
  if (!wish) return std::unexpected(wish.error());
  auto const before = wish->plan;
  change(*wish, asked);
  if (auto done = check_wish(*wish); !done) return std::unexpected(done.error());
  change_plan out{.id = it.id, .version = it.spec_version, .spec = {}, .differing = {}, .answer = {}};
  out.answer.services = service_changes(before, wish->plan);
  auto const after_limits = wish->plan.limits;
  out.spec = supervisor::spec_of(std::move(*wish));
  out.differing = differences(it.spec, out.spec);
  bool const runs = std::ranges::any_of(it.resources, &lifecycle::resource::is_keeper);
  if (runs) out.answer.needs_restart = needing_restart(out.differing);
  if (runs && before.limits.memory_bytes == 0 && after_limits.memory_bytes > 0)
    out.answer.warnings.push_back(fmt::format(
        "the memory that {0} uses already is not counted; all of it is after `ostler restart {0}`",
        it.spec.name));
  bool const is_made = !it.resources.empty();
  for (auto const* once : {"copy", "settings"})
    if (is_made && std::ranges::find(out.differing, once) != out.differing.end())
      out.answer.warnings.push_back(fmt::format(
          "{} holds for what is made from now on; what {} has already stays as it is", once, it.spec.name));
  return out;
}

task<result<void>> keep(answer_needs const* needs, change_plan const* what, control::caller who) {
  // Nothing is asked of a provider that nothing is new for.
  auto const is_new = [&](std::string_view part) {
    return std::ranges::find(what->differing, part) != what->differing.end();
  };
  if (is_new("settings") || is_new("copy")) {
    auto done = co_await ask_provider(needs, what->id, what->spec);
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  lifecycle::change_asked given{
      .id = what->id, .spec = what->spec, .actor = who.actor, .based_on = what->version};
  if (auto const kept = co_await needs->middle->ask(std::move(given)); !kept)
    co_return std::unexpected(kept.error());
  co_return result<void>{};
}

task<result<void>> set_attention(answer_needs const* needs, instance_id id, instance_change const* asked) {
  lifecycle::attention_set said{.kind = static_cast<lifecycle::attention_kind>(*asked->attention),
                                .text = asked->attention_text};
  lifecycle::for_instance given{.id = id, .what = std::move(said)};
  if (auto const kept = co_await needs->middle->ask(std::move(given)); !kept)
    co_return std::unexpected(kept.error());
  co_return result<void>{};
}

// Planned anew when somebody else has changed it meanwhile, so that neither change is lost.
task<result<instance_changed>> change_spec(answer_needs const* needs, instance_id id,
                                           instance_change const* asked, control::caller who) {
  for (int tried = 1;; ++tried) {
    auto const* it = needs->middle->find(id);
    if (it == nullptr) co_return fail(error_code::instance_unknown, "the instance was deleted meanwhile");
    auto planned = plan_of(*it, *asked);
    if (!planned) co_return std::unexpected(planned.error());
    auto const* const what = &*planned;
    auto answer = planned->answer;
    answer.changed = !what->differing.empty();
    if (!answer.changed || asked->dry_run) co_return answer;
    auto done = co_await keep(needs, what, who);
    if (done) co_return answer;
    bool const was_overtaken = done.error().code == error_code::cancelled && tried < tries_max;
    if (!was_overtaken) co_return std::unexpected(std::move(done.error()));
  }
}

}  // namespace

task<result<instance_changed>> update_instance(answer_needs const* needs, instance_change asked,
                                               control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  if (!asked.attention && !asked.attention_text.empty())
    co_return fail(error_code::usage, "attention_text says nothing without attention");
  // How far it may reach out of its place is not for those inside to say.
  bool const reaches_out = asked.copy || asked.limits || asked.settings;
  if (reaches_out && who.scope != control::token_scope::admin)
    co_return fail(error_code::scope_refused,
                   "copy, limits and settings of an instance are changed with a token of the scope admin");
  auto const id = (*it)->id;
  auto answer = co_await change_spec(needs, id, &asked, who);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (asked.attention && !asked.dry_run) {
    auto done = co_await set_attention(needs, id, &asked);
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  auto const* now = needs->middle->find(id);
  if (now == nullptr) co_return fail(error_code::instance_unknown, "the instance was deleted meanwhile");
  answer->instance = told_now(needs, *now);
  co_await ask_keeper(needs, &answer->instance);
  co_return answer;
}

}  // namespace ostler::answers
