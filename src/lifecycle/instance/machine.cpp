#include "lifecycle/instance/machine.hpp"

#include <fmt/format.h>
#include <type_traits>

#include "lifecycle/instance/step_facts.hpp"

namespace ostler::lifecycle {

namespace {

template <class Event> std::string actor_of(Event const& happened) {
  if constexpr (requires { happened.actor; }) return happened.actor;
  constexpr bool from_the_keeper =
      std::is_same_v<Event, services_reported> || std::is_same_v<Event, contact_made> ||
      std::is_same_v<Event, contact_interrupted> || std::is_same_v<Event, contact_lost>;
  if constexpr (from_the_keeper) return "keeper";
  if constexpr (std::is_same_v<Event, recovered>) return "recovery";
  if constexpr (std::is_same_v<Event, tick> || std::is_same_v<Event, place_doubted>) return "policy";
  return {};
}

}  // namespace

instance_step machine::run(instance_event const& event) {
  actor_ = std::visit([](auto const& happened) { return actor_of(happened); }, event);
  // What follows from a request is done for whoever asked.
  if (actor_.empty()) actor_ = it_.actor;
  std::visit([this](auto const& happened) { on(happened); }, event);
  // A refused request changes nothing, not even what is waited for.
  if (!out_.refused) {
    it_.blocked_until.reset();
    advance();
    give_turn_back();
  }
  it_.wake = next_wake();
  out_.next = std::move(it_);
  return std::move(out_);
}

// Writes the intent. From here on the resource may exist.
result<std::size_t> machine::add_resource(planned_step const& next) {
  bool const keeper = next.kind == step_kind::launch;
  resource_wish const wish =
      keeper ? resource_wish{.kind = std::string(keeper_kind), .life = lifetime::run} : it_.wishes[next.wish];
  if (auto const admitted = context_.quota.admits(it_, wish); !admitted)
    return std::unexpected(admitted.error());
  ++it_.resources_made;
  if (keeper) {
    ++it_.generation;
    // Whatever is launched now has at least this one; a change that comes meanwhile is told to it again.
    it_.keeper_spec_version = it_.spec_version;
  }
  resource entry;
  entry.id = resource_id::make(at_.wall, luck(100 + it_.resources_made), luck(200 + it_.resources_made));
  entry.wish = wish;
  entry.name = fmt::format("ostler-{}-{}-{}", it_.id.bare(), wish.kind, it_.resources_made);
  entry.start_number = it_.start_number;
  entry.generation = keeper ? it_.generation : 0;
  out_.changed = true;
  out_.ledger.push_back({ledger_change_kind::intent, entry});
  it_.resources.push_back(std::move(entry));
  return it_.resources.size() - 1;
}

void machine::hold(resource& entry, std::string const& provider_id) {
  entry.held = true;
  bool const called_again = it_.doing && it_.doing->resource == entry.id;
  entry.call_in_the_air = unsettled(entry) || called_again;
  entry.seen = presence::present;
  entry.provider_id = provider_id;
  out_.changed = true;
  out_.ledger.push_back({ledger_change_kind::held, entry});
  tell({.type = "resource.allocated", .subject = entry.name, .message = entry.wish.kind});
  if (entry.is_keeper()) release_the_dead();
}

// Only after its absence was verified.
void machine::release(resource const& entry, std::string_view reason) {
  bool const keeper = entry.is_keeper() && !entry.dead;
  auto const id = entry.id;
  out_.changed = true;
  out_.ledger.push_back({ledger_change_kind::released, entry});
  tell({.type = "resource.released",
        .subject = entry.name,
        .message = entry.wish.kind,
        .reason = std::string(reason)});
  std::erase_if(it_.resources, [&](resource const& other) { return other.id == id; });
  if (keeper) keeper_is_gone("stopped");
}

// A new keeper takes over all that lives in the place, so nothing is left that only its predecessor stood
// for.
void machine::release_the_dead() {
  auto const entries = it_.resources;
  for (auto const& entry : entries)
    if (entry.dead) release(entry, "taken over by the next keeper");
}

// `state` is what is known of its services: stopped with it, or unknown when it died.
void machine::keeper_is_gone(std::string_view state) {
  if (it_.link != link_view::down) {
    it_.link = link_view::down;
    out_.orders.push_back({.kind = order_kind::close_link});
    if (it_.doing && (it_.doing->step == step_kind::disconnect || it_.doing->step == step_kind::connect))
      it_.doing.reset();
  }
  it_.after_connected_done = it_.before_close_done = it_.services_ordered = false;
  it_.services_seq = 0;
  for (auto view : it_.services) {
    if (view.state == "stopped" || view.state == "idle" || view.state == "error") continue;
    view.state = std::string(state);
    view.ready = false;
    view.message = state == "stopped" ? "Stopped" : "Unknown: its keeper died";
    tell_of_service(view);
    *std::ranges::find(it_.services, view.name, &service_view::name) = view;
  }
}

// The one place that changes the phase.
void machine::enter(phase next, std::string reason) {
  if (next == it_.now) return;
  auto const before = it_.now;
  it_.now = next;
  it_.since = at_.wall;
  auto const state = state_of(next);
  bool const same_state = state_of(before) == state && state != instance_state::failed;
  std::string_view type = "instance.phase";
  if (!same_state) type = event_type(state);
  tell({.type = type,
        .from = std::string(name(before)),
        .to = std::string(name(next)),
        .message = message_of(it_),
        .reason = std::move(reason)});
}

std::string_view machine::event_type(instance_state state) {
  switch (state) {
    case instance_state::defined: return "instance.defined";
    case instance_state::starting: return "instance.starting";
    case instance_state::running: return "instance.running";
    case instance_state::stopping: return "instance.stopping";
    case instance_state::stopped: return "instance.stopped";
    case instance_state::failed: return "instance.failed";
    case instance_state::deleted: return "instance.deleted";
  }
  return "instance.phase";
}

void machine::tell(notice told) {
  told.actor = actor_;
  out_.changed = true;
  out_.notices.push_back(std::move(told));
}

void machine::cancel() {
  out_.orders.push_back({.kind = order_kind::cancel, .number = it_.doing->number});
  it_.doing.reset();
}

// An answer of another kind than the order answers nothing, whatever number it bears.
bool machine::end_operation(operation_number number, bool (*fits)(step_kind)) {
  if (!it_.doing || it_.doing->number != number || !fits(it_.doing->step)) return false;
  it_.doing.reset();
  return true;
}

void machine::give_turn_back() {
  if (!it_.turn && !it_.turn_asked) return;
  bool const needed = direction_of(it_) == direction::up && it_.now != phase::running;
  if (needed || (it_.doing && is_heavy(it_.doing->step))) return;
  it_.turn = it_.turn_asked = false;
  out_.orders.push_back({.kind = order_kind::return_turn});
}

// Shown to whoever asks why it takes so long.
void machine::tell_trouble(std::string text) {
  if (it_.trouble != text) out_.changed = true;
  it_.trouble = std::move(text);
}

// The polite part of the way down is over.
void machine::insist() {
  it_.polite.reset();
  if (!std::exchange(it_.force, true)) out_.changed = true;
}

void machine::doubt_everything() {
  for (auto& entry : it_.resources) entry.seen = presence::unknown;
}

void machine::forget_removal_failures() {
  it_.removal_round = 0;
  for (auto& entry : it_.resources) entry.removal_failures = 0;
}

resource* machine::find(resource_id which) {
  auto const found = std::ranges::find(it_.resources, which, &resource::id);
  return found == it_.resources.end() ? nullptr : &*found;
}

void machine::refuse(std::string_view verb) {
  auto const state = it_.wanted == goal::deleted && it_.now != phase::deleted ? std::string_view("deleting")
                                                                              : name(state_of(it_.now));
  out_.refused = error{error_code::invalid_state,
                       fmt::format("invalid state: cannot {} while {}", verb, state),
                       fmt::format("{} is in phase {}", it_.spec.name, name(it_.now)),
                       {}};
}

std::optional<instant> machine::next_wake() const {
  std::optional<instant> wake;
  auto consider = [&](std::optional<instant> when) {
    if (when && (!wake || *when < *wake)) wake = when;
  };
  if (it_.doing)
    consider(it_.doing->limit.wake());
  else
    consider(it_.retry_at);
  consider(it_.blocked_until);
  if (it_.polite) consider(it_.polite->wake());
  return wake;
}

instance_step step(instance it, instance_event const& event, instance_context const& context) {
  return machine(std::move(it), context).run(event);
}

}  // namespace ostler::lifecycle
