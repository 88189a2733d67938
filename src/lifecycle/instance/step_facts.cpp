#include "lifecycle/instance/step_facts.hpp"

#include "base/ensure.hpp"

namespace ostler::lifecycle {

bool is_upward(step_kind step) { return step <= step_kind::start_services; }

bool is_heavy(step_kind step) { return step == step_kind::make || step == step_kind::launch; }

bool is_removal(step_kind step) { return step == step_kind::remove || step == step_kind::stop_keeper; }

phase phase_of(step_kind step) {
  switch (step) {
    case step_kind::inspect: return phase::looking;
    case step_kind::resolve_project: return phase::resolving_project;
    case step_kind::resolve_workspace: return phase::resolving_workspace;
    case step_kind::make: return phase::preparing;
    case step_kind::launch: return phase::launching;
    case step_kind::connect: return phase::connecting;
    case step_kind::after_connected:
    case step_kind::apply_services:
    case step_kind::start_services: return phase::connected;
    case step_kind::before_close: return phase::before_close;
    case step_kind::stop_services: return phase::stopping_services;
    case step_kind::disconnect: return phase::disconnecting;
    case step_kind::stop_keeper: return phase::stopping_keeper;
    case step_kind::remove: return phase::tearing_down;
    case step_kind::none: break;
  }
  ensure(false, "only a step that does something has a phase");
  return phase::defined;
}

// Steps whose effect is over when we stop waiting for it. The others are waited for, because something may
// exist afterwards.
bool is_cancellable(step_kind step) {
  switch (step) {
    case step_kind::make:
    case step_kind::launch:
    case step_kind::stop_keeper:
    case step_kind::remove: return false;
    case step_kind::none:
    case step_kind::inspect:
    case step_kind::resolve_project:
    case step_kind::resolve_workspace:
    case step_kind::connect:
    case step_kind::after_connected:
    case step_kind::apply_services:
    case step_kind::start_services:
    case step_kind::before_close:
    case step_kind::stop_services:
    case step_kind::disconnect: return true;
  }
  return true;
}

bool is_polite(step_kind step) {
  return step == step_kind::before_close || step == step_kind::stop_services || step == step_kind::disconnect;
}

milliseconds limit_of(step_kind step, instance const& it, numbers const& rules) {
  switch (step) {
    case step_kind::inspect: return rules.inspect_limit;
    case step_kind::resolve_project:
    case step_kind::resolve_workspace: return rules.resolve_limit;
    case step_kind::make: return rules.prepare_limit;
    case step_kind::launch: return rules.launch_limit;
    // The link has limits of its own and gives up first; this one only guards against a link that says
    // nothing.
    case step_kind::connect:
      return rules.registered_limit * (rules.reconnect_attempts + 1) +
             rules.reconnect_cap * rules.reconnect_attempts;
    case step_kind::after_connected:
    case step_kind::before_close: return rules.hook_limit;
    // The keeper only takes it in, and answers at once.
    case step_kind::apply_services: return rules.registered_limit;
    // The keeper limits each service; in the worst case each needs the one before it.
    case step_kind::start_services:
      return rules.service_start_limit * static_cast<std::int64_t>(it.spec.services.size() + 1);
    case step_kind::stop_services: return rules.stop_grace + rules.stop_grace / 2;
    case step_kind::disconnect: return rules.registered_limit;
    case step_kind::stop_keeper:
      return it.force ? rules.remove_limit : rules.stop_grace + rules.stop_grace / 2;
    case step_kind::remove: return rules.remove_limit;
    case step_kind::none: break;
  }
  return milliseconds(0);
}

}  // namespace ostler::lifecycle
