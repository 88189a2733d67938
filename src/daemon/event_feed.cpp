#include "daemon/event_feed.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "records/records.hpp"
#include "system/clock.hpp"
#include "wire/json.hpp"

namespace ostler::daemon {
namespace {

// Of those that are told again at once.
constexpr std::size_t page = 256;
// Not kept, so it has no number.
constexpr std::string_view heartbeat_type = "link.heartbeat";

control::told_event told_of(lifecycle::fleet_event const& what, lifecycle::instance const* after,
                            answers::told_at const& at) {
  operations::lifecycle_update update{
      .seq = what.seq, .event = answers::told(what), .instance = std::nullopt, .services = {}};
  update.services.timestamp = what.time;
  if (after != nullptr) {
    update.instance = answers::told(*after, at);
    update.services = answers::map_of(*after, what.time);
  }
  return {.seq = what.seq,
          .text = control::shared_message(wire::to_json(update)),
          .subject = what.instance ? what.instance.text() : std::string(),
          .type = what.type};
}

}  // namespace

event_feed::event_feed(supervisor::supervisor& middle, async::pool& workers,
                       std::function<void(instance_id)> gone)
    : middle_(middle),
      workers_(workers),
      gone_(std::move(gone)),
      hub_({.snapshot = [this](control::hub_filter filter) { return snapshot(std::move(filter)); },
            .older = [this](std::uint64_t after) { return older(after); }},
           middle.kept_seq()) {
  middle_.listen(*this);
}

event_feed::~event_feed() { middle_.forget(*this); }

answers::told_at event_feed::now() const {
  return {.now = system::now(),
          .wall = system::wall_now(),
          .reconnect_attempts = middle_.rules().limits.reconnect_attempts};
}

void event_feed::happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) {
  if (what.instance && after == nullptr) gone_(what.instance);
  // Who comes later reads it from the journal.
  if (hub_.live() == 0)
    return hub_.tell(
        {.seq = what.seq, .text = control::shared_message(std::string()), .subject = {}, .type = {}});
  hub_.tell(told_of(what, after, now()));
}

void event_feed::beaten(instance_id who) {
  if (!hub_.wants(heartbeat_type)) return;
  operations::lifecycle_update update{.seq = hub_.newest(), .event = {}, .instance = std::nullopt};
  update.event.time = update.services.timestamp = system::wall_now();
  update.event.instance = who;
  update.event.type = heartbeat_type;
  update.event.actor = "keeper";
  hub_.tell_passing({.seq = update.seq,
                     .text = control::shared_message(wire::to_json(update)),
                     .subject = who.text(),
                     .type = update.event.type});
}

async::task<result<control::conversation>> event_feed::subscribe(operations::event_subscription asked,
                                                                 control::caller who) {
  control::hub_subscription what{
      .filter = {.subject = {}, .types = std::move(asked.type), .without = {}, .passing = {}},
      .after = asked.after};
  if (asked.heartbeats) what.filter.passing.emplace_back(heartbeat_type);
  // A token of one instance hears of that one, also when it names none.
  if (who.scope == control::token_scope::one_instance) what.filter.subject = who.instance.text();
  if (!asked.instance.empty()) {
    auto const* it = middle_.find(asked.instance);
    if (it == nullptr || !who.sees(it->id))
      co_return fail(error_code::instance_unknown,
                     fmt::format("there is no instance {}", in_quotes(asked.instance)));
    what.filter.subject = it->id.text();
  }
  co_return co_await hub_.subscribe(std::move(what));
}

async::task<result<control::hub_snapshot>> event_feed::snapshot(control::hub_filter filter) {
  operations::snapshot all{.seq = middle_.kept_seq(), .instances = {}};
  for (auto const* it : middle_.all())
    if (filter.subject.empty() || it->id.text() == filter.subject)
      all.instances.push_back(answers::told(*it, now()));
  co_return control::hub_snapshot{.seq = all.seq, .text = wire::to_json(all)};
}

async::task<result<std::vector<control::told_event>>> event_feed::older(std::uint64_t after) {
  // What is kept and not yet told will be told.
  auto const newest = hub_.newest();
  auto work = [this, after](std::stop_token const&) { return middle_.journal().events(after, page); };
  auto const kept = co_await workers_.run(work);
  if (!kept) co_return std::unexpected(kept.error());
  if (!kept->empty() && kept->front().seq != after + 1)
    co_return fail(error_code::events_forgotten,
                   fmt::format("events before {} are no longer kept", kept->front().seq));
  std::vector<control::told_event> out;
  for (auto const& each : *kept) {
    if (each.seq > newest) break;
    auto const event = records::read_event(each.body);
    if (!event) co_return std::unexpected(event.error());
    auto const* const it = event->instance ? middle_.find(event->instance) : nullptr;
    out.push_back(told_of(*event, it, now()));
  }
  co_return out;
}

}  // namespace ostler::daemon
