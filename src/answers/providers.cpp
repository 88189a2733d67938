#include "answers/providers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <utility>

#include "answers/groups.hpp"
#include "base/name.hpp"
#include "operations/daemon_operations.hpp"

namespace ostler::answers {
namespace {

constexpr milliseconds look_limit{30s};

supervisor::provider_state const* find_state(answer_needs const* needs, std::string_view name) {
  for (auto const& each : needs->middle->providers())
    if (each.who->name == name) return &each;
  return nullptr;
}

// What is limited, and what of it is used: instances, and each kind of thing that the ledger has.
std::vector<operations::provider_limit> limits_of(answer_needs const* needs, std::string const& provider,
                                                  std::uint64_t instances) {
  std::map<std::string, std::int64_t> used;
  for (auto const* it : needs->middle->all())
    if (it->spec.provider == provider)
      for (auto const& entry : it->resources) used[entry.wish.kind] += entry.wish.amount;
  used["instances"] = static_cast<std::int64_t>(instances);
  std::vector<operations::provider_limit> out;
  for (auto const& [kind, count] : used)
    out.push_back({.kind = kind, .used = count, .most = needs->middle->rules().quotas.limit(provider, kind)});
  return out;
}

operations::provider told(answer_needs const* needs, supervisor::provider_state const& state) {
  operations::provider out;
  out.name = state.who->name;
  out.type = state.who->type;
  out.available = state.available;
  out.message = state.available ? state.says.isolation_told : state.message;
  out.is_default = state.who->name == needs->default_provider;
  out.isolation = providers::name(state.says.isolated);
  for (auto const& each : state.says.capabilities)
    out.abilities.push_back({.what = each, .full = true, .how = {}});
  for (auto const* it : needs->middle->all())
    if (it->spec.provider == out.name) ++out.instances;
  out.limits = limits_of(needs, out.name, out.instances);
  return out;
}

task<result<operations::provider_type_list>> types(answer_needs const* needs) {
  operations::provider_type_list out;
  for (auto const& each : needs->middle->providers()) {
    if (std::ranges::find(out.types, each.who->type, &operations::provider_type::type) != out.types.end())
      continue;
    out.types.push_back({.type = each.who->type,
                         .text = each.says.isolation_told,
                         .built_in = true,
                         .capabilities = each.says.capabilities,
                         .settings_schema = {each.says.config_schema}});
  }
  std::ranges::sort(out.types, {}, &operations::provider_type::type);
  co_return out;
}

task<result<operations::provider_list>> list(answer_needs const* needs) {
  operations::provider_list out;
  for (auto const& each : needs->middle->providers()) out.providers.push_back(told(needs, each));
  std::ranges::sort(out.providers, {}, &operations::provider::name);
  co_return out;
}

task<result<operations::provider>> get(answer_needs const* needs, operations::provider_named asked) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  co_return told(needs, *find_state(needs, asked.provider));
}

task<result<operations::doctor_report>> test(answer_needs const* needs, operations::provider_named asked) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  operations::doctor_report out;
  out.checks.push_back(co_await look_at(find_state(needs, asked.provider)->who, needs->daemon));
  out.healthy = out.checks.front().outcome != operations::check_outcome::failed;
  co_return out;
}

}  // namespace

result<void> check_provider(answer_needs const* needs, std::string const& name) {
  if (name.empty() || find_state(needs, name) != nullptr) return {};
  std::vector<std::string_view> known;
  for (auto const& each : needs->middle->providers()) known.emplace_back(each.who->name);
  return fail(error_code::provider_unknown,
              fmt::format("there is no provider {}; there are: {}", in_quotes(name), fmt::join(known, ", ")));
}

task<operations::doctor_check> look_at(supervisor::named_provider const* who, std::string daemon) {
  operations::doctor_check out;
  out.name = fmt::format("provider {}", who->name);
  auto const failed = [&out](error const& why) {
    out.outcome = operations::check_outcome::failed;
    out.message = why.message;
    out.detail = why.detail;
    out.hints = why.hints;
  };
  auto const says = co_await who->place->describe({.limit = look_limit, .report = {}});
  if (!says) {
    failed(says.error());
    co_return out;
  }
  auto const owned = co_await who->place->list_owned({.limit = look_limit, .report = {}}, std::move(daemon));
  if (!owned) {
    failed(owned.error());
    co_return out;
  }
  out.message = says->isolation_told;
  co_return out;
}

void bind_providers(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  auto const* all = &needs;
  into.bind<providers_types>([all](auto, auto) { return types(all); });
  into.bind<providers_list>([all](auto, auto) { return list(all); });
  into.bind<providers_get>([all](auto asked, auto) { return get(all, asked); });
  into.bind<providers_test>([all](auto asked, auto) { return test(all, asked); });
}

}  // namespace ostler::answers
