#include "keeper/services/service_host.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/overloaded.hpp"
#include "keeper/services/rules.hpp"
#include "keeper/services/run_mark.hpp"
#include "system/clock.hpp"
#include "system/moment.hpp"

namespace ostler::keeper {

service_host::service_host(world const& shared, wire::service_spec spec, std::uint16_t port,
                           std::uint64_t log_cap, hooks what)
    : world_(shared),
      spec_(std::move(spec)),
      rules_(rules_of(spec_, port)),
      hooks_(std::move(what)),
      log_cap_(log_cap),
      wake_(shared.on, [this] { feed(lifecycle::tick{}); }),
      look_again_(shared.on, [this] { check_tree(now_.process.generation); }),
      spawn_again_(shared.on, [this] { spawn_again(); }),
      adopted_(shared.on),
      look_at_adopted_(shared.on, [this] { look_at_adopted(); }) {
  monitor_ = std::make_unique<monitor>(
      shared, spec_, rules_.port,
      monitor::hooks{
          .sign = [this](lifecycle::sign_seen seen) { feed(lifecycle::sign_observed{seen}); },
          .alive = [this](lifecycle::process_key process,
                          bool alive) { feed(lifecycle::liveness_checked{process, alive}); },
          .members =
              [this] {
                if (!group_) return std::vector<pid_t>{};
                return group_->members().value_or(std::vector<pid_t>{});
              },
          .side = [this](std::vector<std::string> command) { return side(std::move(command), "look"); }});
}

bool service_host::at_rest() const {
  return now_.tree == lifecycle::tree_state::empty &&
         (now_.phase == lifecycle::service_phase::idle || now_.phase == lifecycle::service_phase::stopped ||
          now_.phase == lifecycle::service_phase::error);
}

void service_host::note_wanted(bool up) { record(up ? "service.wanted" : "service.unwanted"); }

void service_host::want(bool up) {
  if (now_.wanted_up != up || now_.phase == lifecycle::service_phase::idle) note_wanted(up);
  if (up)
    feed(lifecycle::want_up{});
  else
    rest();
}

void service_host::rest() {
  feed(lifecycle::want_down{});
  if (spawn_again_.is_set()) spawn_again_.set(system::now());
}

void service_host::set_grace(milliseconds grace) {
  rules_.stop_grace = grace;
  feed(lifecycle::hurry{grace});
}

// Events that a step brings about wait until it is done.
void service_host::feed(lifecycle::service_event happened) {
  events_.push_back(std::move(happened));
  if (feeding_) return;
  feeding_ = true;
  while (!events_.empty()) {
    auto const next = std::move(events_.front());
    events_.pop_front();
    take(next);
  }
  feeding_ = false;
  if (now_.wake)
    wake_.set(*now_.wake);
  else
    wake_.clear();
  world_.tell();
  if (std::exchange(changed_, false)) hooks_.changed();
}

void service_host::take(lifecycle::service_event const& happened) {
  auto done = lifecycle::step(std::move(now_), happened, rules_, system::this_moment());
  now_ = std::move(done.next);
  if (done.ignored) return;
  changed_ = true;
  // An end is on record before it is called one; a start is called one before it is made.
  for (auto const& ordered : done.commands)
    if (auto const* end = std::get_if<lifecycle::write_exit_record>(&ordered)) keep_exit(*end);
  for (auto const& notice : done.notices)
    if (auto const fact = lifecycle::text(notice.fact); !was_told(fact))
      record(fact, {}, 0, std::nullopt, notice.message);
  for (auto const& ordered : done.commands) carry_out(ordered);
}

void service_host::carry_out(lifecycle::service_command const& ordered) {
  std::visit(overloaded{[&](lifecycle::spawn const& order) { spawn(order.generation); },
                        [&](lifecycle::send_stop_signal const& order) { stop_signal(order.generation); },
                        [&](lifecycle::kill_tree const&) { kill_tree(); },
                        [&](lifecycle::check_tree const& order) { check_tree(order.generation); },
                        [&](lifecycle::write_exit_record const&) {}},
             ordered);
}

std::uint64_t service_host::record(std::string_view fact, lifecycle::process_key process,
                                   std::uint64_t start_ticks, std::optional<wire::exit_told> exit,
                                   std::string message) {
  return world_.story.append({.fact = std::string(fact),
                              .service = spec_.name,
                              .run = process.generation,
                              .pid = process.pid,
                              .start_ticks = start_ticks,
                              .port = rules_.port,
                              .exit = exit,
                              .message = std::move(message)});
}

wire::service_status service_host::status() const {
  wire::service_status out{.name = spec_.name,
                           .state = std::string(lifecycle::text(lifecycle::state(now_))),
                           .wanted = now_.wanted_up,
                           .ready = now_.ready,
                           .run = now_.process.generation,
                           .pid = lifecycle::up(now_) ? now_.process.pid : 0,
                           .port = rules_.port,
                           .message = lifecycle::message(now_, rules_),
                           .detail = lifecycle::detail(now_, rules_, system::now()),
                           .says = now_.status,
                           .last_exit = last_exit_,
                           .remaining = now_.remaining};
  if (now_.trouble) out.error = wire::told(*now_.trouble);
  if (auto const mark = read_mark(world_.place, spec_.name)) {
    out.log_begin = mark->position;
    out.log_begin_before = mark->before;
  }
  if (!group_) return out;
  auto const& limited = group_->limited();
  struct named {
    std::string_view what;
    enforcement by;
  };
  for (auto const& [what, by] :
       std::array<named, 3>{{{"memory", limited.memory}, {"cpu", limited.cpu}, {"pids", limited.pids}}})
    if (by != enforcement::not_asked) out.limits.push_back(fmt::format("{}: {}", what, text(by)));
  auto const used = group_->usage();
  out.memory_bytes = static_cast<std::int64_t>(used.memory_bytes.value_or(0));
  out.cpu_ms = std::chrono::duration_cast<milliseconds>(used.cpu.value_or(0ns)).count();
  out.processes = static_cast<std::int64_t>(used.pids.value_or(0));
  return out;
}

}  // namespace ostler::keeper
