#include "lifecycle/instance/test/dump.hpp"

#include <fmt/format.h>

namespace ostler::lifecycle {
namespace {

template <class Time> std::string when(std::optional<Time> const& at) {
  return at ? fmt::format("{}", at->time_since_epoch().count()) : "-";
}

std::string limit(std::optional<awake_limit> const& value) {
  return value ? when(std::optional(value->wake())) : "-";
}

std::string dump(resource const& r) {
  return fmt::format(
      "\n  {} {} {} {} {} held={} '{}' start={} gen={} ordered={} dead={} seen={} settling={} "
      "call={} said={} in_air={} failures={} '{}'",
      r.id.text(), r.wish.kind, r.wish.label, static_cast<int>(r.wish.life), r.name, r.held, r.provider_id,
      r.start_number, r.generation, r.removal_ordered, r.dead, static_cast<int>(r.seen), limit(r.settling),
      r.unsettled_call, r.said_to_exist, r.call_in_the_air, r.removal_failures, r.removal_error);
}

}  // namespace

std::string dump(instance const& it) {
  auto out =
      fmt::format("{} {} wanted={} actor={} force={} bounce={} now={} since={} start={} gen={} made={}",
                  it.id.text(), it.spec.name, name(it.wanted), it.actor, it.force, it.bounce, name(it.now),
                  it.since.time_since_epoch().count(), it.start_number, it.generation, it.resources_made);
  if (it.failed)
    out += fmt::format(" failed='{}' {} {}", it.failed->why.message, name(it.failed->ending),
                       it.failed->taking_back);
  out += fmt::format(" project={} workspace={} after={} before={} seq={} trouble='{}' needs={} '{}'",
                     it.project_resolved, it.workspace_resolved, it.after_connected_done,
                     it.before_close_done, it.services_seq, it.trouble, name(it.needs.kind), it.needs.text);
  out += fmt::format(
      "\n doing={} operations={} link={} {} turn={}{} ordered={} given_up={} attempts={},{} "
      "rounds={},{} retry={} blocked={} polite={} wake={}",
      it.doing ? fmt::format("{}#{} {} {}", name(it.doing->step), it.doing->number, it.doing->resource.text(),
                             limit(it.doing->limit))
               : "-",
      it.operations, name(it.link), it.link_attempt, it.turn, it.turn_asked, it.services_ordered,
      it.services_stop_given_up, it.attempts, it.inspect_attempts, it.removal_round, it.removal_rounds_long,
      when(it.retry_at), when(it.blocked_until), limit(it.polite), when(it.wake));
  out += fmt::format("\n spec={} of the keeper={} keep={}", it.spec_version, it.keeper_spec_version,
                     it.spec.keep_on_error);
  for (auto const& s : it.spec.services) out += fmt::format(" {}:{}", s.name, s.port);
  for (auto const& r : it.resources) out += dump(r);
  for (auto const& w : it.wishes) out += fmt::format("\n  wish {} {}", w.kind, w.label);
  for (auto const& s : it.services)
    out += fmt::format("\n  service {} {} {} {} '{}' '{}'", s.name, s.state, s.ready, s.port, s.message,
                       s.error);
  return out;
}

std::string dump(instance_step const& done) {
  auto out = dump(done.next) + fmt::format("\nchanged={} ignored='{}' refused='{}'", done.changed,
                                           done.ignored, done.refused ? done.refused->message : "");
  for (auto const& given : done.orders) {
    out += fmt::format("\norder {} #{} force={}", name(given.kind), given.number, given.force);
    for (auto const& r : given.resources) out += fmt::format(" {}:{}", r.name, r.provider_id);
  }
  for (auto const& told : done.notices)
    out += fmt::format("\nnotice {} '{}' {}->{} '{}' '{}'", told.type, told.subject, told.from, told.to,
                       told.message, told.reason);
  for (auto const& change : done.ledger)
    out += fmt::format("\nledger {}", name(change.kind)) + dump(change.entry);
  return out;
}

}  // namespace ostler::lifecycle
