#include "answers/spec_changes.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "wire/json.hpp"
#include "wire/service_checks.hpp"

namespace ostler::answers {
namespace {

// What a keeper is given when it is launched, and what is run once on the way up.
constexpr std::array<std::string_view, 5> at_the_next_start{"env", "env_files", "after_connected", "copy",
                                                            "settings"};

lifecycle::instance_spec without_chosen_ports(lifecycle::instance_spec spec) {
  for (auto& each : spec.services)
    if (each.port_wanted) each.port = 0;
  return spec;
}

wire::service_spec const* find(std::vector<wire::service_spec> const& all, std::string_view name) {
  auto const found = std::ranges::find(all, name, &wire::service_spec::name);
  return found == all.end() ? nullptr : &*found;
}

// Services have no comparison of their own; what is written of them says all.
bool runs_alike(wire::service_spec one, wire::service_spec other) {
  one.autostart = other.autostart = true;
  return wire::to_json(one) == wire::to_json(other);
}

std::string written(std::vector<wire::service_spec> const& all) {
  return supervisor::write_plan({.services = all});
}

}  // namespace

result<supervisor::instance_wish> wish_of(lifecycle::instance_spec const& spec) {
  auto plan = supervisor::read_plan(spec.settings);
  if (!plan) return std::unexpected(plan.error());
  return supervisor::instance_wish{.name = spec.name,
                                   .provider = spec.provider,
                                   .project = spec.project,
                                   .keep_on_error = spec.keep_on_error,
                                   .plan = std::move(*plan)};
}

void change(supervisor::instance_wish& wish, operations::instance_change const& asked) {
  auto const take = [](auto& into, auto const& given) {
    if (given) into = *given;
  };
  take(wish.plan.services, asked.services);
  take(wish.plan.env, asked.env);
  take(wish.plan.env_files, asked.env_files);
  take(wish.plan.after_connected, asked.after_connected);
  take(wish.plan.before_close, asked.before_close);
  take(wish.plan.copy, asked.copy);
  take(wish.plan.limits, asked.limits);
  take(wish.plan.open, asked.open);
  take(wish.plan.optional_services, asked.optional_services);
  take(wish.keep_on_error, asked.keep_on_error);
  if (asked.settings) wish.plan.settings = asked.settings->text;
}

result<void> check_wish(supervisor::instance_wish const& wish) {
  if (auto done = wire::check_services(wish.plan.services); !done) return done;
  if (auto done = wire::check_limits(wish.plan.limits, "the whole instance"); !done) return done;
  auto named = wish.plan.optional_services;
  if (!wish.plan.open.empty()) named.push_back(wish.plan.open);
  for (auto const& name : named)
    if (find(wish.plan.services, name) == nullptr)
      return fail(error_code::service_unknown,
                  fmt::format("{} is named in `open` or `optional_services` and is no service of {}",
                              in_quotes(name), wish.name));
  return {};
}

std::vector<std::string> differences(lifecycle::instance_spec const& one,
                                     lifecycle::instance_spec const& other) {
  auto const left = without_chosen_ports(one);
  auto const right = without_chosen_ports(other);
  std::vector<std::string> out;
  auto const compare = [&out](auto const& mine, auto const& theirs, std::string_view what) {
    if (mine != theirs) out.emplace_back(what);
  };
  compare(left.provider, right.provider, "provider");
  compare(left.project, right.project, "project");
  compare(left.keep_on_error, right.keep_on_error, "keep_on_error");
  auto const before = supervisor::read_plan(left.settings);
  auto const after = supervisor::read_plan(right.settings);
  if (!before || !after) {
    compare(left.settings, right.settings, "settings");
    return out;
  }
  compare(written(before->services), written(after->services), "services");
  compare(before->env, after->env, "env");
  compare(before->env_files, after->env_files, "env_files");
  compare(before->after_connected, after->after_connected, "after_connected");
  compare(before->before_close, after->before_close, "before_close");
  compare(before->copy, after->copy, "copy");
  compare(wire::to_json(before->limits), wire::to_json(after->limits), "limits");
  compare(before->open, after->open, "open");
  compare(before->optional_services, after->optional_services, "optional_services");
  compare(before->from, after->from, "from");
  compare(before->branch, after->branch, "branch");
  compare(before->settings, after->settings, "settings");
  return out;
}

std::vector<operations::service_change> service_changes(supervisor::instance_plan const& before,
                                                        supervisor::instance_plan const& after) {
  using kind = operations::service_change_kind;
  std::vector<operations::service_change> out;
  auto const former_ones = supervisor::with_defaults(before);
  auto const new_ones = supervisor::with_defaults(after);
  for (auto const& each : new_ones) {
    auto const* former = find(former_ones, each.name);
    if (former == nullptr)
      out.push_back({.service = each.name, .what = kind::create});
    else if (!runs_alike(*former, each))
      out.push_back({.service = each.name, .what = kind::restart});
  }
  for (auto const& each : former_ones)
    if (find(new_ones, each.name) == nullptr) out.push_back({.service = each.name, .what = kind::remove});
  return out;
}

std::vector<std::string> needing_restart(std::vector<std::string> const& differing) {
  std::vector<std::string> out;
  for (auto const& each : differing)
    if (std::ranges::find(at_the_next_start, each) != at_the_next_start.end()) out.push_back(each);
  return out;
}

}  // namespace ostler::answers
