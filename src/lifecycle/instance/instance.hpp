// One instance as a value: what was asked for, what is known to exist, and what is under way.
//
// Everything above `not journalled` is written to the journal with each change and is all that a daemon which
// starts again knows. What stands below it is what dies with a process: the operation in flight, the timers,
// what was seen. Recovery forgets it and asks again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "lifecycle/instance/phase.hpp"
#include "lifecycle/policy/deadline.hpp"
#include "lifecycle/policy/intensity.hpp"

namespace ostler::lifecycle {

enum class goal : std::uint8_t { running, stopped, deleted };
std::string_view name(goal value);

struct service_spec {
  std::string name;
  bool port_wanted = false;
  std::uint16_t port = 0;  // the leased one; stable for the life of the instance
  bool required = true;    // the instance is running only when this service is ready
  bool task = false;       // done with exit 0
  bool open = false;       // its port is the one that is shown for the instance
  bool operator==(service_spec const&) const = default;
};

struct instance_spec {
  std::string name;
  std::string provider;
  std::string project;  // where the project is, as it was given
  std::vector<service_spec> services;
  bool after_connected_hook = false;
  bool before_close_hook = false;
  bool keep_on_error = false;  // a failed start leaves what it made, for inspection
  std::string settings;        // the rest of the spec, stored unread
  bool operator==(instance_spec const&) const = default;
};

// How long a resource is meant to live.
enum class lifetime : std::uint8_t {
  instance,  // made once, kept over a stop, removed by delete
  run,       // made at each start, removed at each stop
};

// What the provider says must exist for this instance.
struct resource_wish {
  std::string kind;   // "directory", "worktree", "container", "volume" …
  std::string label;  // tells two of one kind apart
  lifetime life = lifetime::instance;
  std::int64_t amount = 1;  // counted against the quota of its kind
  bool operator==(resource_wish const&) const = default;
};

// The kind of the one resource that every provider has: the keeper process inside the place.
constexpr std::string_view keeper_kind = "keeper";

enum class presence : std::uint8_t { unknown, absent, present };

// An entry of the ledger that is not released: it exists outside, or may.
struct journalled_resource {
  resource_id id;
  resource_wish wish;
  std::string name;         // chosen by us before the effect, never used again
  bool held = false;        // false: only the intent is known
  std::string provider_id;  // what the provider calls it, once held
  std::uint32_t start_number =
      0;  // the start that made it, taken back if that start fails; 0 once it was in use
  std::uint32_t generation = 0;  // of a keeper: which launch this is

  bool removal_ordered = false;  // it may be half gone, so it goes, whatever is wanted next
  bool call_in_the_air = false;  // it was held while an earlier call to make it had not ended
  bool dead = false;  // of a keeper: it died, but processes it held may live, and go with this entry

  bool is_keeper() const { return wish.kind == keeper_kind; }
};

struct resource : journalled_resource {
  presence seen = presence::present;
  std::optional<awake_limit> settling;  // until it has passed, a call that was given up may still take effect
  std::uint64_t unsettled_call = 0;     // which order that was; its late answer settles the matter at once
  bool said_to_exist = false;           // somebody said so, before we looked
  int removal_failures = 0;
  std::string removal_error;
};

// A service as the keeper told it last.
struct service_view {
  std::string name;
  std::string state = "idle";  // the words of lifecycle/service, or "unknown"
  bool ready = false;
  std::uint16_t port = 0;
  std::string message;
  std::string error;
  // On its way up again, after an end that nobody asked for.
  bool restarting = false;
  // Counts its processes; of the newest that has ended, which it was and how: "exited (3)".
  std::uint64_t run = 0;
  std::uint64_t exited_run = 0;
  std::string exited_how;
  // How often it was started again by itself, since its instance was made.
  std::uint64_t restarts = 0;
  bool operator==(service_view const&) const = default;

  // Would people be told the same of its state?
  bool stands_as(service_view const& other) const {
    return state == other.state && ready == other.ready && port == other.port && message == other.message &&
           error == other.error && restarting == other.restarting;
  }
  bool is_up() const {
    return state == "starting" || state == "running" || state == "stopping" || state == "unknown";
  }
};

struct failure {
  error why;
  phase ending = phase::start_failed;  // the failed phase this leads to, once all is taken back
  bool taking_back = true;             // what the failed start made is still being removed
  bool operator==(failure const&) const = default;
};

enum class attention_kind : std::uint8_t { none, needs_decision, review, idle };
std::string_view name(attention_kind value);

struct attention {
  attention_kind kind = attention_kind::none;
  std::string text;
  wall_time since;
  bool operator==(attention const&) const = default;
};

enum class instance_health : std::uint8_t { healthy, degraded, error, unknown };
std::string_view name(instance_health value);

// What the planner may order.
enum class step_kind : std::uint8_t {
  none,
  inspect,
  resolve_project,
  resolve_workspace,
  make,
  launch,
  connect,
  after_connected,
  apply_services,
  start_services,
  before_close,
  stop_services,
  disconnect,
  stop_keeper,
  remove,
};
std::string_view name(step_kind value);

// Tells the answers to one order from those to another, late or repeated ones. Never used twice within an
// instance and a run of the daemon.
using operation_number = std::uint64_t;

struct operation {
  step_kind step = step_kind::none;
  operation_number number = 0;
  resource_id resource;
  instant started{};
  awake_limit limit;
};

enum class link_view : std::uint8_t { down, dialing, registered, reconnecting, lost };
std::string_view name(link_view value);

struct journalled_instance {
  instance_id id;
  instance_spec spec;
  std::string request_key;  // a create repeated with the same key is the same create
  wall_time created{};

  goal wanted = goal::stopped;
  std::string actor;  // who asked for it last
  bool force = false;
  bool bounce = false;  // restart: down first, then up
  std::optional<failure> failed;

  phase now = phase::defined;
  wall_time since{};

  std::uint32_t start_number = 0;
  std::uint32_t generation = 0;      // of the newest keeper
  std::uint32_t resources_made = 0;  // for names that never meet again
  bool project_resolved = false;
  bool workspace_resolved = false;
  bool after_connected_done = false;
  bool before_close_done = false;
  std::vector<resource_wish> wishes;
  std::vector<resource> resources;  // in the order of making
  std::vector<service_view> services;
  std::uint64_t services_seq = 0;  // the newest report of the keeper's that was taken in
  // Counts the changes of the spec, and says which of them the newest keeper has for certain.
  std::uint32_t spec_version = 0;
  std::uint32_t keeper_spec_version = 0;
  std::string trouble;  // why a step is being repeated, or what could not be removed
  attention needs;
};

struct instance : journalled_instance {
  std::optional<operation> doing;
  operation_number operations = 0;
  link_view link = link_view::down;
  int link_attempt = 0;
  bool turn = false;
  bool turn_asked = false;
  bool services_ordered = false;  // start was ordered since the link came up
  bool services_stop_given_up = false;
  bool inspect_due = false;
  int attempts = 0;  // failed steps of this start
  int inspect_attempts = 0;
  int removal_round = 0;
  int removal_rounds_long = 0;           // how often a clean-up was given up
  std::optional<instant> retry_at;       // nothing is begun before
  std::optional<instant> blocked_until;  // a call that was given up may still take effect
  std::optional<awake_limit> polite;     // after it the way down is forced
  restart_log relaunches;
  std::optional<instant> wake;  // when the machine must be told the time
};

// The one sentence shown for the instance everywhere.
std::string message_of(instance const& it);
// Why it is still in transition: "waiting for web (12s)". Empty at rest.
std::string detail_of(instance const& it, instant now);
instance_health health_of(instance const& it);

}  // namespace ostler::lifecycle
