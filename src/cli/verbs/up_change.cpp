#include "cli/verbs/up_change.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "cli/text.hpp"

namespace ostler::cli {
namespace {

using operations::instance_change;
using operations::instance_changed;
using operations::instance_made;

instance_change change_to(operations::instance_new const& wanted) {
  instance_change out{.instance = wanted.name,
                      .services = wanted.services,
                      .env = wanted.env,
                      .env_files = wanted.env_files,
                      .after_connected = wanted.after_connected,
                      .before_close = wanted.before_close,
                      .copy = wanted.copy,
                      .limits = wanted.limits,
                      .open = wanted.open,
                      .optional_services = wanted.optional_services,
                      .keep_on_error = wanted.keep_on_error};
  if (!wanted.settings.text.empty()) out.settings = wanted.settings;
  return out;
}

std::string_view sign_of(operations::service_change_kind what) {
  switch (what) {
    case operations::service_change_kind::create: return "+ create";
    case operations::service_change_kind::restart: return "~ restart";
    case operations::service_change_kind::remove: return "- remove";
  }
  return {};
}

std::vector<std::string> change_lines(std::string const& name, instance_changed const& change) {
  std::vector<std::string> out;
  if (!change.needs_restart.empty())
    out.push_back(
        fmt::format("~ restart {} ({} changed)", printable(name), fmt::join(change.needs_restart, ", ")));
  for (auto const& one : change.services)
    out.push_back(
        fmt::format("{} service {} of {}", sign_of(one.what), printable(one.service), printable(name)));
  if (out.empty() && change.changed) out.push_back(fmt::format("~ change {}", printable(name)));
  return out;
}

}  // namespace

result<planned_instance> plan_for(context& with, operations::instance_new const& wanted) {
  planned_instance out{.name = wanted.name};
  auto change = change_to(wanted);
  change.dry_run = true;
  auto changed = with.ask<operations::instances_update>(change);
  bool const is_new = !changed && changed.error().code == error_code::instance_unknown;
  if (is_new) out.create = wanted;
  if (!changed && !is_new) return std::unexpected(std::move(changed.error()));
  if (changed && changed->changed) out.change = std::move(*changed);
  return out;
}

std::vector<std::string> plan_lines(planned_instance const& what) {
  if (what.change) return change_lines(what.name, *what.change);
  if (!what.create) return {fmt::format("= {} is as it is asked for", printable(what.name))};
  std::vector<std::string> out;
  out.push_back(fmt::format("+ create {} ({})", printable(what.name), printable(what.create->provider)));
  for (auto const& one : what.create->services) out.push_back("    service " + printable(one.name));
  return out;
}

result<operations::instance> restart_whole(context& with, std::string const& name) {
  return with.ask<operations::instances_restart>({.instance = name});
}

result<instance_made> bring_up_to_date(context& with, operations::instance_new const& wanted,
                                       error const& refusal) {
  auto there = with.ask<operations::instances_get>({.instance = wanted.name});
  if (!there || there->project != wanted.project || there->provider != wanted.provider)
    return std::unexpected(refusal);
  if (with.call().has("no-recreate")) {
    with.note(fmt::format("{} differs from the settings and is left as it is", printable(wanted.name)));
    return instance_made{.instance = std::move(*there)};
  }
  auto const changed = with.ask<operations::instances_update>(change_to(wanted));
  if (!changed) return std::unexpected(changed.error());
  for (auto const& line : change_lines(wanted.name, *changed)) with.note(line);
  for (auto const& warning : changed->warnings) with.note("note: " + printable(warning));
  bool const runs = changed->instance.wanted == operations::instance_wanted::running;
  if (runs && !changed->needs_restart.empty())
    if (auto const begun = restart_whole(with, wanted.name); !begun) return std::unexpected(begun.error());
  // What cannot be changed later still differs: then this refusal says what.
  return with.ask<operations::instances_create>(wanted);
}

}  // namespace ostler::cli
