// What exists outside because of us: the ledger, what is not in it, and how that is removed.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/groups.hpp"
#include "answers/providers.hpp"
#include "operations/daemon_operations.hpp"

namespace ostler::answers {
namespace {

bool fits(operations::resource_filter const& asked, operations::resource const& one) {
  auto const allows = [](auto const& filter, auto const& value) {
    return filter.empty() || std::ranges::find(filter, value) != filter.end();
  };
  return (asked.provider.empty() || asked.provider == one.provider) && allows(asked.kind, one.kind) &&
         allows(asked.state, one.state);
}

task<result<operations::resource_list>> list_resources(answer_needs const* needs,
                                                       operations::resource_filter asked,
                                                       control::caller who) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  std::optional<instance_id> only;
  if (!asked.instance.empty()) {
    auto const it = find_instance(needs, asked.instance, who);
    if (!it) co_return std::unexpected(it.error());
    only = (*it)->id;
  }
  operations::resource_list out;
  auto const at = told_now(needs);
  for (auto const* it : needs->middle->all()) {
    if (!who.sees(it->id) || (only && it->id != *only)) continue;
    for (auto const& entry : it->resources) {
      auto one = told(*it, entry, at);
      if (fits(asked, one)) out.resources.push_back(std::move(one));
    }
  }
  std::ranges::sort(out.resources, {}, &operations::resource::id);
  co_return out;
}

// A token of one instance sees none: nobody knows whose they are.
std::vector<lifecycle::leak> leaks_of(answer_needs const* needs, std::string const& provider,
                                      control::caller const& who) {
  std::vector<lifecycle::leak> out;
  if (who.scope == control::token_scope::one_instance) return out;
  for (auto const& each : needs->middle->leaks())
    if (provider.empty() || each.provider == provider) out.push_back(each);
  std::ranges::sort(out, {}, [](auto const& one) { return std::pair(one.seen_first, one.thing.name); });
  return out;
}

task<result<operations::leak_list>> list_leaks(answer_needs const* needs, operations::leak_filter asked,
                                               control::caller who) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  operations::leak_list out;
  for (auto const& each : leaks_of(needs, asked.provider, who)) out.leaks.push_back(told(each));
  co_return out;
}

operations::removed_thing thing_of(lifecycle::leak const& one, std::string reason) {
  return {.kind = one.thing.kind, .name = one.thing.name, .instance = {}, .reason = std::move(reason)};
}

constexpr char const* why_it_goes = "it bears our labels and is not in the ledger";

task<result<operations::removal>> remove_leak(answer_needs const* needs, operations::leak_removal asked,
                                              control::caller who) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  for (auto const& each : leaks_of(needs, asked.provider, who)) {
    if (each.thing.kind != asked.kind || each.thing.name != asked.name) continue;
    auto const gone = co_await needs->middle->remove_leak(each);
    if (!gone) co_return std::unexpected(gone.error());
    operations::removal out;
    out.removed.push_back(thing_of(each, why_it_goes));
    co_return out;
  }
  co_return fail(error_code::leak_unknown,
                 fmt::format("{} knows no leak {} {}", asked.provider, asked.kind, asked.name));
}

task<result<operations::removal>> prune_all(answer_needs const* needs, operations::prune_request asked,
                                            control::caller who) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  operations::removal out{.dry_run = asked.dry_run, .removed = {}, .kept = {}};
  auto const now = told_now(needs).now;
  for (auto const& each : leaks_of(needs, asked.provider, who)) {
    auto const age = std::chrono::duration_cast<milliseconds>(now - each.seen_first);
    if (asked.older_than && age < *asked.older_than) {
      out.kept.push_back(thing_of(each, fmt::format("it was first seen {} ago", format_duration(age))));
      continue;
    }
    // What one of them says is no reason to leave the others.
    auto const gone = asked.dry_run ? result<void>{} : co_await needs->middle->remove_leak(each);
    (gone ? out.removed : out.kept).push_back(thing_of(each, gone ? why_it_goes : gone.error().message));
  }
  co_return out;
}

}  // namespace

void bind_ledger(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  auto const* all = &needs;
  into.bind<resources_list>([all](auto asked, auto who) { return list_resources(all, asked, who); });
  into.bind<leaks_list>([all](auto asked, auto who) { return list_leaks(all, asked, who); });
  into.bind<leaks_remove>([all](auto asked, auto who) { return remove_leak(all, asked, who); });
  into.bind<prune>([all](auto asked, auto who) { return prune_all(all, asked, who); });
}

}  // namespace ostler::answers
