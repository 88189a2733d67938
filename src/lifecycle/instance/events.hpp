// What happens to an instance, and what it orders in return.
//
// Events say what happened; orders are data that somebody dull carries out after they were journalled. An
// order may be carried out twice: whoever does it finds what is already there by the name we chose.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lifecycle/instance/instance.hpp"
#include "lifecycle/policy/tick.hpp"

namespace ostler::lifecycle {

// --- asked for by people, agents and policies ---

struct start_asked {
  std::string actor;
};
struct stop_asked {
  std::string actor;
  bool force = false;
};
struct restart_asked {
  std::string actor;
};
struct delete_asked {
  std::string actor;
  bool force = false;
};
struct attention_set {
  attention_kind kind;
  std::string text;
};

// From now on it is to be this. Its name, provider and project stay, and the ports in it are leased.
struct spec_changed {
  std::string actor;
  instance_spec spec;
};

// --- told by the fleet ---

// The daemon starts again and knows only what was journalled.
struct recovered {};
struct turn_granted {};

// --- answers to orders; `number` is that of the order ---

struct project_resolved {
  operation_number number;
};
struct workspace_resolved {
  operation_number number;
  std::vector<resource_wish> wishes;
};
// Also said when the very thing was there already and bears our label.
struct resource_made {
  operation_number number;
  resource_id resource;
  std::string provider_id;
};
// "Already exists": somebody says so. What is really there is asked for next.
struct resource_existed {
  operation_number number;
  resource_id resource;
};
// Nothing of ours is there under that name any more; the provider has looked.
struct resource_removed {
  operation_number number;
  resource_id resource;
};
struct hook_done {
  operation_number number;
};
struct step_failed {
  operation_number number;
  error why;
  bool retryable = true;
};

struct sighting {
  resource_id resource;
  presence seen = presence::unknown;
  bool ours = true;  // false: something bears our name but not our label
  std::string provider_id;
};
struct inspected {
  operation_number number;
  std::vector<sighting> sightings;
};

// --- told by the link and the keeper ---

struct contact_made {
  bool again = false;
};
struct contact_interrupted {
  int attempt = 0;
};
struct contact_lost {};
// The first connection failed: closed, refused, or not registered in time.
struct contact_failed {
  error why;
};
struct contact_closed {};
// A report of the keeper `generation`, numbered by it.
struct services_reported {
  std::uint32_t generation = 0;
  std::uint64_t seq = 0;
  std::vector<service_view> services;
};
// Somebody has reason to think that the place is not what it was.
struct place_doubted {
  std::string why;
};

using instance_event =
    std::variant<start_asked, stop_asked, restart_asked, delete_asked, attention_set, recovered, turn_granted,
                 tick, project_resolved, workspace_resolved, resource_made, resource_existed,
                 resource_removed, hook_done, step_failed, inspected, contact_made, contact_interrupted,
                 contact_lost, contact_failed, contact_closed, services_reported, place_doubted,
                 spec_changed>;

std::string_view name(instance_event const& event);

// --- orders ---

enum class order_kind : std::uint8_t {
  resolve_project,
  resolve_workspace,
  make,
  launch,
  inspect,
  run_after_connected,
  run_before_close,
  apply_services,  // the keeper is told which services there are to be now
  start_services,
  stop_services,
  stop_keeper,
  remove,
  // Without an answer:
  open_link,
  close_link,
  cancel,  // of the operation `number`; its answer, if one comes, is no longer waited for
  ask_turn,
  return_turn,
};
std::string_view name(order_kind value);
// Where something would be and whether it can: of what is asked before there is anything.
bool only_looks(order_kind value);

// A copy of what the doer must know of a resource; the instance may have moved on when it is read.
struct resource_reference {
  resource_id id;
  std::string kind;
  std::string label;
  std::string name;
  std::string provider_id;
  std::uint32_t generation = 0;
};

struct order {
  order_kind kind;
  operation_number number = 0;
  bool force = false;
  std::vector<resource_reference> resources;
};

// --- what is told ---

// One committed change, to be numbered by the fleet.
struct notice {
  std::string_view type;  // "instance.starting"
  std::string subject;    // "web" for a service, the name of a resource; empty for the instance itself
  std::string from;
  std::string to;
  std::string message;
  std::string reason;
  std::string actor;  // who caused it: a person, an agent, recovery, policy, the keeper
};

enum class ledger_change_kind : std::uint8_t { intent, held, released };
std::string_view name(ledger_change_kind value);

struct ledger_change {
  ledger_change_kind kind;
  resource entry;
};

}  // namespace ostler::lifecycle
