#include "supervisor/doing.hpp"

#include <fmt/format.h>
#include <utility>

namespace ostler::supervisor {

providers::named_resource resource_of(lifecycle::resource const& entry) {
  return {.kind = entry.wish.kind,
          .label = entry.wish.label,
          .name = entry.name,
          .handle = entry.provider_id,
          .generation = entry.generation};
}

result<told_place> place_of(lifecycle::instance const& it, doing_needs const& needs) {
  auto* const by = needs.provider(it.spec.provider);
  if (by == nullptr)
    return fail(error_code::provider_unknown, fmt::format("there is no provider {}", it.spec.provider));
  auto plan = read_plan(it.spec.settings);
  if (!plan) return std::unexpected(plan.error());
  providers::place where{.whose = {.daemon = needs.daemon, .instance = it.id, .generation = it.generation},
                         .project = it.spec.project,
                         .settings = plan->settings,
                         .copy = plan->copy,
                         .resources = {}};
  for (auto const& each : it.resources) where.resources.push_back(resource_of(each));
  return told_place{.by = by, .plan = std::move(*plan), .where = std::move(where)};
}

}  // namespace ostler::supervisor
