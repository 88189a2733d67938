#include "lifecycle/fleet/fleet.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/bytes.hpp"
#include "base/chance.hpp"
#include "base/ensure.hpp"
#include "base/overloaded.hpp"
#include "base/planted_fault.hpp"
#include "lifecycle/fleet/admission.hpp"

namespace ostler::lifecycle {
namespace {

// Nobody may share luck within one step, or all of them would wait equally long.
moment moment_for(moment const& at, instance_id who) {
  return {at.now, at.wall, scramble(at.luck ^ who.mixed())};
}

}  // namespace

// What the ledger allows one instance, seen from inside a step of that instance.
class fleet::allowance_of final : public allowance {
 public:
  explicit allowance_of(fleet const& owner) : owner_(owner) {}

  result<void> admits(instance const& who, resource_wish const& what) const override {
    auto const& provider = who.spec.provider;
    if (!owner_.rules_.quotas.limit(provider, what.kind)) return {};
    std::int64_t used = 0;
    std::vector<std::string> holders;
    if (auto const found = owner_.used_.find({provider, what.kind}); found != owner_.used_.end()) {
      used = found->second.amount;
      for (auto const& [id, amount] : found->second.holders)
        // The one that asks is out of its place while it steps.
        holders.push_back(id == who.id ? who.spec.name : owner_.members_.at(id).it.spec.name);
    }
    return check(owner_.rules_.quotas, {provider, what.kind, used, what.amount}, holders);
  }

 private:
  fleet const& owner_;
};

fleet::fleet(fleet_rules rules) : rules_(std::move(rules)), ports_(rules_.ports) {}

void fleet::load(std::vector<instance> instances, std::uint64_t last_seq) {
  ensure(members_.empty() && last_seq_ == 0, "a fleet is loaded once, before anything else");
  last_seq_ = last_seq;
  for (auto& it : instances) {
    auto const id = it.id;
    for (auto const& entry : it.resources) account(id, it.spec.provider, {ledger_change_kind::intent, entry});
    for (auto const& service : it.spec.services) {
      if (service.port == 0) continue;
      auto const leased = ports_.insist(port_key(it.spec, service.name), service.port);
      ensure(leased.has_value(), "the journal never gives one port to two services");
    }
    by_name_.emplace(it.spec.name, id);
    if (!it.request_key.empty()) by_request_key_.emplace(it.request_key, id);
    ++counts_.in_state.at(static_cast<std::size_t>(state_of(it.now)));
    members_.emplace(id, member{.it = std::move(it)});
  }
}

fleet_step fleet::recover(moment const& at) {
  auto now = begin(at);
  emit(now, {}, "recovery",
       {.type = "daemon.recovered", .message = fmt::format("instances known: {}", members_.size())});
  std::vector<instance_id> ids;
  ids.reserve(members_.size());
  for (auto const& [id, one] : members_) ids.push_back(id);
  for (auto const id : ids)
    if (members_.contains(id)) step_instance(now, id, recovered{});
  return std::move(now.out);
}

fleet_step fleet::step(fleet_input const& input, moment const& at) {
  auto now = begin(at);
  std::visit([&](auto const& what) { take(now, what); }, input);
  return std::move(now.out);
}

std::optional<instant> fleet::next_wake() const {
  if (wakes_.empty()) return std::nullopt;
  return wakes_.begin()->first;
}

instance const* fleet::find(instance_id id) const {
  auto const found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second.it;
}

instance const* fleet::find(std::string_view name) const {
  auto const found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : find(found->second);
}

link const* fleet::find_link(instance_id id) const {
  auto const found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second.line;
}

// --- requests ---

result<void> fleet::admit(create_asked const& asked) const {
  if (auto const checked = check_spec(asked.spec, rules_.limits); !checked) return checked;
  if (auto const* holder = find(asked.spec.name))
    return fail(error_code::name_taken, fmt::format("the name {} is taken by {} ({})", asked.spec.name,
                                                    holder->id.text(), message_of(*holder)));
  if (find(asked.id) != nullptr)
    return fail(error_code::name_taken, fmt::format("the id {} is taken", asked.id.text()));
  if (auto const away = unavailable_.find(asked.spec.provider); away != unavailable_.end())
    return fail(error_code::provider_unavailable,
                fmt::format("provider {} is not available: {}", asked.spec.provider, away->second));
  if (storage_full_)
    return fail(error_code::storage_full,
                fmt::format("{} was not created: the disk of the journal is full", asked.spec.name));
  if (members_.size() >= static_cast<std::size_t>(rules_.limits.instances_max))
    return fail(error_code::limit_reached,
                fmt::format("{} instances exist; allowed: at most {} (instances.max)", members_.size(),
                            rules_.limits.instances_max));
  std::vector<std::string> holders;
  if (rules_.quotas.limit(asked.spec.provider, "instances"))
    for (auto const& [id, one] : members_)
      if (one.it.spec.provider == asked.spec.provider) holders.push_back(one.it.spec.name);
  return check(rules_.quotas,
               {asked.spec.provider, "instances", static_cast<std::int64_t>(holders.size()), 1}, holders);
}

void fleet::take(round& now, create_asked const& asked) {
  if (!asked.request_key.empty()) {
    auto const known = by_request_key_.find(asked.request_key);
    if (known != by_request_key_.end()) {
      now.out.answer = known->second;
      now.out.ignored = "created by an earlier request with the same key";
      return;
    }
  }
  if (auto const admitted = admit(asked); !admitted) {
    now.out.answer = std::unexpected(admitted.error());
    return;
  }
  instance it;
  it.id = asked.id;
  it.spec = asked.spec;
  it.request_key = asked.request_key;
  it.created = now.at.wall;
  it.actor = asked.actor;
  it.since = now.at.wall;
  if (auto const leased = lease_ports(it.spec, now.at.now); !leased) {
    release_ports(it);
    now.out.answer = std::unexpected(leased.error());
    return;
  }
  now.out.growth = true;
  now.out.answer = asked.id;
  by_name_.emplace(it.spec.name, asked.id);
  if (!asked.request_key.empty()) by_request_key_.emplace(asked.request_key, asked.id);
  ++counts_.in_state.at(static_cast<std::size_t>(instance_state::defined));
  auto const told = notice{.type = "instance.defined", .to = "defined", .message = message_of(it)};
  members_.emplace(asked.id, member{.it = std::move(it)});
  emit(now, asked.id, asked.actor, told);
  changed(now, asked.id);
  if (asked.start) step_instance(now, asked.id, start_asked{asked.actor});
}

void fleet::take(round& now, for_instance const& happened) {
  if (find(happened.id) == nullptr) {
    now.out.answer =
        fail(error_code::instance_unknown, fmt::format("there is no instance {}", happened.id.text()));
    now.out.ignored = "unknown instance";
    return;
  }
  now.out.answer = happened.id;
  bool const begins = std::holds_alternative<start_asked>(happened.what) ||
                      std::holds_alternative<restart_asked>(happened.what);
  bool const runs_already = std::holds_alternative<start_asked>(happened.what) &&
                            find(happened.id)->wanted == goal::running && !find(happened.id)->failed;
  if (begins && !runs_already && storage_full_) {
    now.out.answer =
        fail(error_code::storage_full, "nothing is started while the disk of the journal is full");
    return;
  }
  step_instance(now, happened.id, happened.what);
  now.out.growth = begins && now.out.answer.has_value();
}

void fleet::take(round& now, for_link const& happened) {
  if (find(happened.id) == nullptr) {
    now.out.ignored = "unknown instance";
    return;
  }
  now.out.answer = happened.id;
  step_link(now, happened.id, happened.what);
}

void fleet::take(round& now, time_passed const&) {
  auto clock = now.at.now;
  if (planted(fault::wall_clock_decides)) clock = instant(now.at.wall.time_since_epoch());
  bool due = false;
  // Each is taken once: whatever sets its wake to now again waits for the next call, so that this one ends.
  std::vector<instance_id> ids;
  for (auto const& [when, id] : wakes_) {
    if (when > clock) break;
    ids.push_back(id);
  }
  for (auto const id : ids) {
    auto const found = members_.find(id);
    if (found == members_.end()) continue;
    due = true;
    if (planted(fault::wall_clock_decides)) now.at.now = clock;
    auto const line_due = found->second.line.wake && *found->second.line.wake <= now.at.now;
    auto const it_due = found->second.it.wake && *found->second.it.wake <= now.at.now;
    if (line_due) step_link(now, id, tick{});
    if (it_due && members_.contains(id)) step_instance(now, id, tick{});
  }
  if (!due) now.out.ignored = "nothing is due";
}

void fleet::take(round& now, ours_listed const& listed) {
  std::erase_if(leaks_, [&](leak const& known) {
    return known.provider == listed.provider &&
           std::ranges::find(listed.things, known.thing) == listed.things.end();
  });
  for (auto const& thing : listed.things) {
    bool const in_ledger = std::ranges::any_of(members_, [&](auto const& one) {
      auto const& it = one.second.it;
      return it.spec.provider == listed.provider &&
             std::ranges::any_of(it.resources,
                                 [&](resource const& entry) { return entry.name == thing.name; });
    });
    bool const listed_before = std::ranges::any_of(
        leaks_, [&](leak const& known) { return known.provider == listed.provider && known.thing == thing; });
    if (in_ledger || listed_before) continue;
    leaks_.push_back({listed.provider, thing, now.at.now, now.at.wall});
    emit(now, {}, "recovery",
         {.type = "resource.residue",
          .subject = thing.name,
          .message = fmt::format("{} {} bears our label and is not in the ledger", thing.kind, thing.name)});
  }
}

void fleet::take(round& now, provider_seen const& seen) {
  auto const known = unavailable_.find(seen.provider);
  bool const was_available = known == unavailable_.end();
  if (was_available == seen.available) {
    now.out.ignored = "known already";
    return;
  }
  if (seen.available)
    unavailable_.erase(known);
  else
    unavailable_.emplace(seen.provider, seen.why);
  emit(now, {}, "policy",
       {.type = seen.available ? "provider.available" : "provider.unavailable",
        .subject = seen.provider,
        .message = seen.why});
}

void fleet::take(round& now, storage_seen const& seen) {
  if (storage_full_ == seen.full) now.out.ignored = "known already";
  storage_full_ = seen.full;
}

// --- machines ---

void fleet::step_instance(round& now, instance_id id, instance_event const& event) {
  auto& one = members_.at(id);
  auto const before_state = state_of(one.it.now);
  auto const provider = one.it.spec.provider;
  allowance_of const quota(*this);
  auto const at = moment_for(now.at, id);
  auto stepped = lifecycle::step(std::move(one.it), event, {at, rules_.limits, quota});
  one.it = std::move(stepped.next);

  if (stepped.refused) {
    now.out.answer = std::unexpected(std::move(*stepped.refused));
    set_wake(id, one);
    return;
  }
  if (!stepped.ignored.empty()) now.out.ignored = stepped.ignored;
  auto const after_state = state_of(one.it.now);
  if (before_state != after_state) {
    --counts_.in_state.at(static_cast<std::size_t>(before_state));
    ++counts_.in_state.at(static_cast<std::size_t>(after_state));
  }
  for (auto& change : stepped.ledger) {
    account(id, provider, change);
    if (planted(fault::release_not_written) && change.kind == ledger_change_kind::released) continue;
    if (planted(fault::intent_not_written) && change.kind == ledger_change_kind::intent) continue;
    now.out.ledger.push_back({id, std::move(change)});
  }
  for (auto& told : stepped.notices) {
    auto const actor = std::move(told.actor);
    emit(now, id, actor, std::move(told));
  }
  if (stepped.changed) changed(now, id);
  set_wake(id, one);
  // The orders come last: some of them are for machines in here, which step this instance again.
  for (auto const& given : stepped.orders)
    if (members_.contains(id)) carry(now, id, given);
  if (auto const found = members_.find(id); found != members_.end() && found->second.it.now == phase::deleted)
    forget(now, id);
}

void fleet::carry(round& now, instance_id id, order const& given) {
  auto const& provider = members_.at(id).it.spec.provider;
  switch (given.kind) {
    case order_kind::open_link: return step_link(now, id, link_wanted{});
    case order_kind::close_link:
      step_link(now, id, link_unwanted{});
      return step_instance(now, id, contact_closed{});
    case order_kind::ask_turn: return ask_turn(now, id, std::string(provider));
    case order_kind::return_turn: return return_turn(now, id, std::string(provider));
    case order_kind::resolve_project:
    case order_kind::resolve_workspace:
    case order_kind::make:
    case order_kind::launch:
    case order_kind::inspect:
    case order_kind::run_after_connected:
    case order_kind::run_before_close:
    case order_kind::apply_services:
    case order_kind::start_services:
    case order_kind::stop_services:
    case order_kind::stop_keeper:
    case order_kind::remove:
    case order_kind::cancel: now.out.orders.push_back({id, provider, given}); return;
  }
}

void fleet::step_link(round& now, instance_id id, link_event const& event) {
  auto& one = members_.at(id);
  auto stepped =
      lifecycle::step(std::move(one.line), event, link_rules_of(rules_.limits), moment_for(now.at, id));
  one.line = std::move(stepped.next);
  if (stepped.ignored) now.out.ignored = *stepped.ignored;
  set_wake(id, one);
  for (auto const& command : stepped.commands) now.out.orders.push_back({id, one.it.spec.provider, command});
  for (auto const& told : stepped.notices)
    if (members_.contains(id)) tell_instance(now, id, told);
}

void fleet::tell_instance(round& now, instance_id id, link_notice const& told) {
  std::visit(
      overloaded{
          [&](link_registered const& n) { step_instance(now, id, contact_made{n.again}); },
          [&](link_reconnecting const& n) { step_instance(now, id, contact_interrupted{n.attempt}); },
          [&](link_lost const&) {
            if (planted(fault::restart_spreads))
              for (auto const& [other, one] : std::map(members_))
                if (other != id && one.it.now == phase::running)
                  step_instance(now, other, restart_asked{"policy"});
            step_instance(now, id, contact_lost{});
          },
          [&](link_failed_first const& n) {
            step_instance(now, id, contact_failed{{n.code, n.why, {}, {}}});
          },
          [&](link_heartbeat_timeout const& n) {
            emit(now, id, "policy",
                 {.type = "link.heartbeat_timeout",
                  .message = fmt::format("nothing was heard for {}", format_duration(n.silence))});
          },
          [&](link_error const& n) { emit(now, id, "keeper", {.type = "link.error", .message = n.text}); },
          // link_lost comes with the one, health_of() tells the other.
          [](link_reconnect_failed const&) {},
          [](link_health_changed const&) {},
      },
      told);
}

// --- turns ---

void fleet::ask_turn(round& now, instance_id id, std::string const& provider) {
  auto& line = turns_[provider];
  if (line.granted.size() >= static_cast<std::size_t>(rules_.limits.starts_at_once)) {
    line.waiting.push_back(id);
    return;
  }
  line.granted.insert(id);
  step_instance(now, id, turn_granted{});
}

void fleet::return_turn(round& now, instance_id id, std::string const& provider) {
  auto& line = turns_[provider];
  line.granted.erase(id);
  std::erase(line.waiting, id);
  while (!line.waiting.empty() &&
         line.granted.size() < static_cast<std::size_t>(rules_.limits.starts_at_once)) {
    auto const next = line.waiting.front();
    line.waiting.pop_front();
    line.granted.insert(next);
    if (members_.contains(next)) step_instance(now, next, turn_granted{});
  }
}

// --- what is kept and told ---

void fleet::account(instance_id who, std::string const& provider, ledger_change const& change) {
  if (change.kind == ledger_change_kind::held) return;
  auto const sign = change.kind == ledger_change_kind::intent ? 1 : -1;
  auto const amount = sign * change.entry.wish.amount;
  std::pair const key{provider, change.entry.wish.kind};
  auto& use = used_[key];
  use.amount += amount;
  auto& held = use.holders[who];
  held += amount;
  if (held == 0) use.holders.erase(who);
  if (use.holders.empty()) used_.erase(key);
}

void fleet::emit(round& now, instance_id who, std::string_view actor, notice told) {
  ++last_seq_;
  if (planted(fault::sequence_skipped) && last_seq_ % 97 == 0) ++last_seq_;
  now.out.events.push_back({.seq = last_seq_,
                            .time = now.at.wall,
                            .instance = who,
                            .subject = std::move(told.subject),
                            .type = std::string(told.type),
                            .actor = std::string(actor),
                            .from = std::move(told.from),
                            .to = std::move(told.to),
                            .message = std::move(told.message),
                            .reason = std::move(told.reason)});
}

void fleet::changed(round& now, instance_id id) {
  auto& mark = members_.at(id).changed_in;
  if (std::exchange(mark, now.number) != now.number) now.out.changed.push_back(id);
}

void fleet::set_wake(instance_id id, member& one) {
  auto wake = one.it.wake;
  if (one.line.wake && (!wake || *one.line.wake < *wake)) wake = one.line.wake;
  if (wake == one.wake) return;
  if (one.wake) wakes_.erase({*one.wake, id});
  one.wake = wake;
  if (wake) wakes_.insert({*wake, id});
}

// The instance is deleted: the ledger and the events keep what is to be known of it.
void fleet::forget(round& now, instance_id id) {
  changed(now, id);
  auto const found = members_.find(id);
  auto& one = found->second;
  ensure(one.it.resources.empty(), "a deleted instance holds nothing");
  release_ports(one.it);
  by_name_.erase(one.it.spec.name);
  by_request_key_.erase(one.it.request_key);
  if (one.wake) wakes_.erase({*one.wake, id});
  --counts_.in_state.at(static_cast<std::size_t>(instance_state::deleted));
  for (auto& [provider, line] : turns_)
    ensure(!line.granted.contains(id) && std::ranges::find(line.waiting, id) == line.waiting.end(),
           "turns are returned before the end");
  now.out.deleted.push_back(std::move(one.it));
  members_.erase(found);
}

}  // namespace ostler::lifecycle
