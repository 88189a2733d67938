#include "simulation/daemon.hpp"

#include "base/overloaded.hpp"
#include "base/planted_fault.hpp"
#include "records/records.hpp"

namespace ostler::simulation {

using namespace lifecycle;

namespace {

bool goes_over_link(order_kind kind) {
  return kind == order_kind::run_after_connected || kind == order_kind::run_before_close ||
         kind == order_kind::apply_services || kind == order_kind::start_services ||
         kind == order_kind::stop_services;
}

}  // namespace

daemon::daemon(stage& on, provider& places, lines& links) : on_(on), places_(places), links_(links) {}

moment daemon::at() {
  auto const since = std::chrono::duration_cast<milliseconds>(on_.time.now().time_since_epoch());
  return {.now = on_.time.now(), .wall = wall_time(since + on_.wall_shift), .luck = on_.luck.bits()};
}

void daemon::begin() {
  ensure(!alive(), "one daemon at a time");
  ++epoch_;
  flush_planned_ = false;
  wake_planned_.reset();
  fleet_rules rules{.limits = on_.plan.numbers, .quotas = {}, .ports = {}};
  if (on_.plan.work.quota > 0) rules.quotas.set("*", "container", on_.plan.work.quota);
  auto const contents = journal_.load(records::live_prefix);
  auto loaded = records::read_contents(*contents);
  if (!loaded) {
    damage_ = loaded.error().message;
    return;
  }
  fleet_ = std::make_unique<lifecycle::fleet>(std::move(rules));
  fleet_->load(std::move(loaded->instances), loaded->last_seq);
  on_.fleet = fleet_.get();
  on_.say("  == the daemon starts, instances known: {}", fleet_->size());
  if (journal_.health() == journal::condition::full) (void)fleet_->step(storage_seen{true}, at());
  auto recovered = fleet_->recover(at());
  ++steps_;
  on_.show([](observer& o, view const& v) { o.daemon_began(v); });
  finish(time_passed{}, std::move(recovered), {});
}

void daemon::end() {
  if (!alive()) return;
  ++epoch_;
  on_.say("  == the daemon is gone");
  on_.fleet = nullptr;
  fleet_.reset();
  journal_.crash();
  places_.give_up_all();
  links_.daemon_ended();
  on_.show([](observer& o, view const& v) { o.daemon_ended(v); });
}

void daemon::disk_is_full(bool full) {
  journal_.set_condition(full ? journal::condition::full : journal::condition::sound);
  feed(storage_seen{full});
}

void daemon::ask(instance_id who, fleet_input const& what, on_answer answered) {
  if (!alive()) return answered(told::nothing);
  request const asked{.who = who, .what = what, .before = fleet_->find(who)};
  // The instance moves while it steps, so those who watch get a copy of how it was.
  std::optional<instance> before;
  if (asked.before != nullptr) before = *asked.before;
  auto done = fleet_->step(what, at());
  ++steps_;
  on_.log.count(done.answer.has_value() ? 1 : 0);
  request const shown{.who = who, .what = what, .before = before ? &*before : nullptr};
  on_.show([&](observer& o, view const& v) { o.decided(v, shown, done); });
  if (!done.answer) {
    on_.say("  --> refused: {}", done.answer.error().message);
    answered(told::refused);
    answered = {};
  }
  finish(what, std::move(done), std::move(answered));
}

void daemon::feed(fleet_input const& what) {
  if (!alive()) return;
  auto done = fleet_->step(what, at());
  ++steps_;
  finish(what, std::move(done), {});
}

void daemon::finish(fleet_input const& what, fleet_step&& done, on_answer answered) {
  on_.show([&](observer& o, view const& v) { o.stepped(v, what, done); });
  for (auto const& event : done.events) {
    on_.log.count(event.type);
    on_.log.count(event.seq);
    auto const subject = event.subject.empty() ? on_.called(event.instance)
                         : event.subject.starts_with("ostler-")
                             ? on_.called(event.instance, event.subject)
                             : fmt::format("{}'s {}", on_.called(event.instance), event.subject);
    auto const said = event.type == "instance.phase" ? event.to : event.message;
    on_.say("{:>6}  {:<20} {}: {}{}", event.seq, event.type, subject, said,
            event.reason.empty() || event.reason == event.message ? "" : " (" + event.reason + ")");
  }
  auto const step = std::make_shared<fleet_step>(std::move(done));
  if (planted(fault::effect_before_journal))
    for (auto const& given : step->orders) carry(given);
  auto const epoch = epoch_;
  journal_.commit(records::to_transaction(*fleet_, *step),
                  [this, step, answered, epoch](result<void> const& durable) {
                    if (epoch != epoch_) return;
                    if (durable) return kept(step, answered);
                    // There is no way back but the journal itself.
                    on_.say("  !! the journal refuses: {}", durable.error().message);
                    if (answered) answered(told::refused);
                    end();
                    on_.time.after(10ms, [this] {
                      if (!alive()) begin();
                    });
                  });
  plan_flush();
  plan_wake();
}

void daemon::kept(std::shared_ptr<fleet_step> const& step, on_answer const& answered) {
  for (auto const& [who, change] : step->ledger) {
    if (change.kind == ledger_change_kind::released)
      on_.ledger.erase(change.entry.name);
    else
      on_.ledger[change.entry.name] = change.kind == ledger_change_kind::held;
  }
  on_.show([&](observer& o, view const& v) { o.kept(v, *step); });
  if (answered) answered(told::accepted);
  if (planted(fault::effect_before_journal)) return;
  for (auto const& given : step->orders) carry(given);
}

void daemon::carry(fleet_order const& given) {
  on_.show([&](observer& o, view const& v) { o.order_given(v, given); });
  auto const epoch = epoch_;
  auto const deliver = [this, epoch](fleet_input const& what) {
    if (epoch == epoch_) feed(what);
  };
  std::visit(
      overloaded{
          [&](order const& what) {
            on_.log.count(name(what.kind));
            on_.say(
                "       order  {} {}{}{}", name(what.kind), on_.called(given.who),
                what.resources.size() == 1 ? ": " + on_.called(given.who, what.resources.front().name) : "",
                what.force ? ", by force" : "");
            if (goes_over_link(what.kind)) return carry_over_link(given.who, what);
            places_.carry(given.who, what, [deliver](instance_id who, instance_event const& happened) {
              deliver(for_instance{who, happened});
            });
          },
          [&](link_command const& what) {
            auto const* it = fleet_->find(given.who);
            links_.carry(
                given.who, it == nullptr ? 0 : it->generation, what,
                [deliver](instance_id who, link_event const& happened) { deliver(for_link{who, happened}); },
                [deliver](instance_id who, services_reported const& report) {
                  deliver(for_instance{who, report});
                });
          },
      },
      given.what);
}

void daemon::carry_over_link(instance_id who, order const& given) {
  auto const epoch = epoch_;
  auto const answer = [this, epoch, who](nanoseconds wait, instance_event const& what) {
    on_.time.after(wait, [this, epoch, who, what] {
      if (epoch == epoch_) feed(for_instance{who, what});
    });
  };
  auto const other_end = links_.reached(who);
  if (!other_end)
    return answer(1ms, step_failed{given.number, {error_code::link_failed, "nobody is reached", {}, {}}});
  bool const hook =
      given.kind == order_kind::run_after_connected || given.kind == order_kind::run_before_close;
  if (hook && on_.goes_wrong(on_.plan.wrong.hook_hangs)) return;
  std::vector<service_spec> services;
  if (auto const* it = fleet_->find(who); it != nullptr) services = it->spec.services;
  on_.time.after(500us, [other_end, given, answer, services = std::move(services)] {
    if (!other_end->alive()) return;
    answer(500us, hook_done{given.number});
    if (given.kind == order_kind::apply_services) other_end->apply(services);
    if (given.kind == order_kind::start_services) other_end->start_services();
    if (given.kind == order_kind::stop_services) other_end->stop_services();
  });
}

void daemon::plan_flush() {
  if (flush_planned_ || journal_.waiting() == 0) return;
  flush_planned_ = true;
  auto const epoch = epoch_;
  // A disk: mostly quick, now and then not.
  auto const takes = on_.luck.happens(0.01) ? on_.about(300ms) : on_.about(1ms);
  on_.time.after(takes, [this, epoch] {
    if (epoch != epoch_) return;
    flush_planned_ = false;
    // What is given while this flush tells belongs to the next.
    journal_.flush(journal_.waiting());
    if (epoch == epoch_) plan_flush();
  });
}

void daemon::plan_wake() {
  if (!alive()) return;
  auto const wake = fleet_->next_wake();
  if (!wake || (wake_planned_ && *wake_planned_ <= *wake)) return;
  wake_planned_ = wake;
  auto const epoch = epoch_;
  on_.time.at(*wake, [this, epoch, when = *wake] {
    if (epoch != epoch_ || wake_planned_ != when) return;
    wake_planned_.reset();
    auto const due = fleet_->next_wake();
    if (due && *due <= on_.time.now()) return feed(time_passed{});
    plan_wake();
  });
}

}  // namespace ostler::simulation
