#include "simulation/keeper.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace ostler::simulation {

using namespace lifecycle;

namespace {

constexpr exit_status killed{exit_status::kind::signal, 9};
constexpr exit_status terminated{exit_status::kind::signal, 15};

// Removes a process that has nothing left from what exists.
void forget_if_empty(stage& on, std::int64_t pid) {
  auto const found = on.real.processes.find(pid);
  if (found == on.real.processes.end() || found->second.anything_left()) return;
  auto const gone = found->second;
  on.real.processes.erase(found);
  on.show([&](observer& o, view const& v) { o.process_ended(v, gone); });
}

}  // namespace

void end_process(stage& on, std::int64_t pid, exit_status how, keeper* watching) {
  auto const found = on.real.processes.find(pid);
  if (found == on.real.processes.end() || !found->second.main_alive) return;
  found->second.main_alive = false;
  on.say("              {}'s {}: process {} {}", on.called(found->second.owner), found->second.service, pid,
         text(how));
  forget_if_empty(on, pid);
  if (watching != nullptr && watching->alive()) watching->process_ended(pid, how);
}

keeper::keeper(stage& on, thing const& itself, std::vector<service_spec> const& services)
    : on_(on), itself_(itself) {
  for (auto const& each : services) hold(each);
}

void keeper::hold(service_spec const& what) {
  auto const i = held_.size();
  held one{.rules = service_rules_of(on_.plan.numbers, what.name)};
  one.rules.port = what.port;
  one.rules.kind = what.task ? work_kind::task : work_kind::service;
  one.rules.restart = restart_policy::on_failure;
  if (!what.task)
    one.rules.ready = i % 2 == 0 ? sign_set{ready_sign::tcp} : sign_set{ready_sign::output, ready_sign::http};
  if (i % 3 == 2) one.needs.push_back(i - 1);
  held_.push_back(std::move(one));
}

void keeper::begin() {
  for (auto const& [pid, one] : std::map(on_.real.processes)) {
    if (one.owner != itself_.owner || !one.anything_left()) continue;
    auto which = index_of(one.service);
    if (which < 0) {
      // The spec has it no more, and still it lives here: nobody else ends it.
      which = static_cast<std::int64_t>(held_.size());
      hold({.name = one.service});
      held_.back().removed = true;
    }
    process_key const key{one.generation, pid};
    if (one.main_alive) {
      feed(static_cast<std::size_t>(which), adopted{key, one.ready});
      if (!one.ready) after(on_.about(300ms), [pid](keeper& self) { self.process_is_ready(pid); });
    } else
      feed(static_cast<std::size_t>(which), found_gone{key, {}});
    if (held_[static_cast<std::size_t>(which)].removed) want(static_cast<std::size_t>(which), false);
  }
}

void keeper::apply(std::vector<service_spec> const& services) {
  if (leaving_) return;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    bool const stays =
        std::ranges::find(services, held_[i].rules.name, &service_spec::name) != services.end();
    if (stays || std::exchange(held_[i].removed, true)) continue;
    want(i, false);
  }
  for (auto const& each : services) {
    auto const known = index_of(each.name);
    auto const which = known < 0 ? held_.size() : static_cast<std::size_t>(known);
    if (known < 0)
      hold(each);
    else if (!std::exchange(held_[which].removed, false))
      continue;
    want(which, true);
  }
  update_needs();
  report_now();
}

void keeper::want(std::size_t which, bool up) {
  on_.show(
      [&](observer& o, view const& v) { o.service_wanted(v, itself_.owner, held_[which].rules.name, up); });
  if (up)
    feed(which, want_up{});
  else
    feed(which, want_down{});
}

void keeper::start_services() {
  if (leaving_) return;
  update_needs();
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (!held_[i].removed) want(i, true);
}

void keeper::stop_services() {
  for (std::size_t i = held_.size(); i-- > 0;) want(i, false);
}

void keeper::stop(bool force, std::function<void()> gone) {
  leaving_ = true;
  gone_ = std::move(gone);
  stop_services();
  if (force)
    for (std::size_t i = 0; i < held_.size(); ++i) kill_tree(i, held_[i].value.process.generation);
  leave_if_empty();
}

void keeper::die() {
  alive_ = false;
  reporter_ = {};
  gone_ = {};
}

void keeper::leave_if_empty() {
  if (!alive_ || !leaving_) return;
  bool const empty =
      std::ranges::all_of(held_, [](held const& one) { return one.value.tree == tree_state::empty; });
  if (!empty) return;
  auto const gone = std::move(gone_);
  die();
  if (gone) gone();
}

moment keeper::at() { return {.now = on_.time.now(), .wall = {}, .luck = on_.luck.bits()}; }

void keeper::feed(std::size_t which, service_event const& happened) {
  if (!alive_) return;
  auto& one = held_[which];
  auto stepped = step(std::move(one.value), happened, one.rules, at());
  one.value = std::move(stepped.next);
  for (auto const& notice : stepped.notices) {
    on_.log.count(text(notice.fact));
    on_.say("      keeper  {}'s {}: {}", on_.called(itself_.owner), one.rules.name, notice.message);
  }
  for (auto const& command : stepped.commands) carry(which, command);
  plan_tick(which);
  if (!stepped.notices.empty()) update_needs();
  report_now();
  leave_if_empty();
}

void keeper::update_needs() {
  for (std::size_t i = 0; i < held_.size(); ++i) {
    std::string waiting;
    bool given_up = false;
    for (auto const need : held_[i].needs)
      given_up = given_up || state(held_[need].value) == service_state::error;
    for (auto const need : held_[i].needs)
      if (!held_[need].removed && !satisfied(held_[need].value, held_[need].rules))
        waiting = held_[need].rules.name;
    auto const& known = held_[i].value;
    if (known.needs_ready != waiting.empty() || known.needs_given_up != given_up)
      feed(i, needs_changed{waiting.empty(), waiting, given_up});
  }
}

void keeper::plan_tick(std::size_t which) {
  auto& one = held_[which];
  if (!one.value.wake) return;
  // An earlier tick that is planned already looks again by itself.
  if (one.tick_planned && *one.tick_planned <= *one.value.wake) return;
  one.tick_planned = one.value.wake;
  on_.time.at(*one.value.wake, [weak = weak_from_this(), which] {
    auto const self = weak.lock();
    if (!self || !self->alive_) return;
    auto& due = self->held_[which];
    due.tick_planned.reset();
    if (!due.value.wake) return;
    if (self->on_.time.now() >= *due.value.wake) return self->feed(which, tick{});
    self->plan_tick(which);
  });
}

void keeper::carry(std::size_t which, service_command const& ordered) {
  std::visit(overloaded{
                 [&](lifecycle::spawn const& c) { spawn(which, c.generation); },
                 [&](send_stop_signal const& c) { stop_signal(which, c.generation); },
                 [&](lifecycle::kill_tree const& c) { kill_tree(which, c.generation); },
                 [&](lifecycle::check_tree const& c) { check_tree(which, c.generation); },
                 [&](write_exit_record const&) {},
             },
             ordered);
}

void keeper::spawn(std::size_t which, std::uint64_t generation) {
  after(on_.about(3ms), [which, generation](keeper& self) {
    auto& one = self.held_[which];
    // A kill that was ordered meanwhile keeps the spawn from coming true.
    if (one.value.process.generation != generation || one.value.phase != service_phase::spawning) return;
    auto const pid = ++self.on_.real.pids;
    process made{
        .pid = pid, .owner = self.itself_.owner, .service = one.rules.name, .generation = generation};
    if (self.on_.goes_wrong(self.on_.plan.wrong.service_leaves_children))
      made.children = 1 + static_cast<int>(self.on_.luck.below(3));
    self.on_.real.processes.emplace(pid, made);
    self.on_.show([&](observer& o, view const& v) { o.process_began(v, made); });
    self.feed(which, spawned{{generation, pid}});
    self.live(which, pid);
  });
}

// The fate of one process: it belongs to the place, and goes on when the keeper dies.
void keeper::live(std::size_t which, std::int64_t pid) {
  auto const& wrong = on_.plan.wrong;
  auto& one = held_[which];
  if (one.rules.kind == work_kind::task) {
    bool const fails = on_.goes_wrong(wrong.service_dies_early);
    after(on_.about(200ms), [pid, fails](keeper& self) {
      end_process(self.on_, pid, {exit_status::kind::code, fails ? 1 : 0}, &self);
    });
    return;
  }
  if (on_.goes_wrong(wrong.service_dies_early)) {
    after(on_.about(100ms),
          [pid](keeper& self) { end_process(self.on_, pid, {exit_status::kind::code, 1}, &self); });
    return;
  }
  if (on_.goes_wrong(wrong.stranger_answers)) {
    on_.mischief("a stranger answers on the port", itself_.owner);
    // Once ours has bound the port, nobody else can.
    after(on_.about(50ms), [which](keeper& self) {
      if (!self.held_[which].value.ready) self.see_signs(which, {0, 77}, true);
    });
  }
  if (!on_.goes_wrong(wrong.service_never_ready))
    after(on_.about(300ms), [pid](keeper& self) { self.process_is_ready(pid); });
  if (on_.goes_wrong(wrong.service_crashes))
    after(on_.about(20s),
          [pid](keeper& self) { end_process(self.on_, pid, {exit_status::kind::signal, 11}, &self); });
}

void keeper::process_is_ready(std::int64_t pid) {
  auto const found = on_.real.processes.find(pid);
  if (found == on_.real.processes.end() || !found->second.main_alive) return;
  found->second.ready = true;
  auto const which = index_of(found->second.service);
  if (which >= 0) see_signs(static_cast<std::size_t>(which), {found->second.generation, pid}, true);
}

void keeper::see_signs(std::size_t which, process_key whose, bool hold) {
  for (int i = 0; i < ready_sign_count; ++i) {
    auto const sign = static_cast<ready_sign>(i);
    if (held_[which].rules.ready.has(sign)) feed(which, sign_observed{{sign, hold, whose}});
  }
}

void keeper::process_ended(std::int64_t pid, exit_status how) {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].value.process.pid == pid) feed(i, exited{held_[i].value.process, how});
}

void keeper::stop_signal(std::size_t which, std::uint64_t generation) {
  auto const pid = held_[which].value.process.pid;
  if (on_.goes_wrong(on_.plan.wrong.service_ignores_stop)) return;
  after(on_.about(100ms), [which, generation, pid](keeper& self) {
    if (self.held_[which].value.process.generation == generation)
      end_process(self.on_, pid, terminated, &self);
  });
}

void keeper::kill_tree(std::size_t which, std::uint64_t generation) {
  auto const service = held_[which].rules.name;
  after(on_.about(1ms), [service, generation](keeper& self) {
    for (auto const& [pid, one] : std::map(self.on_.real.processes)) {
      if (one.owner != self.itself_.owner || one.service != service || one.generation > generation) continue;
      self.on_.real.processes.at(pid).children = 0;
      if (one.main_alive)
        end_process(self.on_, pid, killed, &self);
      else
        forget_if_empty(self.on_, pid);
    }
  });
}

void keeper::check_tree(std::size_t which, std::uint64_t generation) {
  after(on_.about(2ms), [which, generation](keeper& self) {
    std::vector<std::int64_t> remaining;
    for (auto const& [pid, one] : self.on_.real.processes)
      if (one.owner == self.itself_.owner && one.service == self.held_[which].rules.name &&
          one.generation <= generation)
        remaining.push_back(pid);
    self.feed(which, tree_checked{generation, std::move(remaining)});
  });
}

service_view keeper::show(held const& one) const {
  return {.name = one.rules.name,
          .state = std::string(text(state(one.value))),
          .ready = one.value.ready || satisfied(one.value, one.rules),
          .port = one.rules.port,
          .message = message(one.value, one.rules),
          .error = one.value.trouble ? one.value.trouble->message : std::string()};
}

void keeper::report_now() {
  if (!reporter_) return;
  std::vector<service_view> views;
  views.reserve(held_.size());
  for (auto const& one : held_)
    if (!one.removed || one.value.tree != tree_state::empty) views.push_back(show(one));
  if (!told_.empty() && views == told_) return;
  told_ = views;
  reporter_(++seq_, std::move(views));
}

void keeper::report_all() {
  told_.clear();
  report_now();
}

std::int64_t keeper::index_of(std::string const& service) const {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].rules.name == service) return static_cast<std::int64_t>(i);
  return -1;
}

}  // namespace ostler::simulation
