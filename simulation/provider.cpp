#include "simulation/provider.hpp"

#include <algorithm>

namespace ostler::simulation {

using namespace lifecycle;

namespace {

instance_event failed(order const& given, std::string why, bool retryable = true) {
  return step_failed{given.number, {error_code::provider_failed, std::move(why), {}, {}}, retryable};
}

constexpr std::string_view kinds[] = {"directory", "volume", "container", "network"};

}  // namespace

void provider::expect(instance_id who) {
  auto& wanted = expected_[who];
  if (!wanted.wishes.empty()) return;
  auto const count = 1 + on_.luck.below(static_cast<std::uint64_t>(std::max(1, on_.plan.work.resources)));
  for (std::uint64_t i = 0; i < count; ++i) {
    bool const first = i == 0;
    resource_wish wish{.kind = std::string(kinds[i % std::size(kinds)]), .label = fmt::format("{}", i)};
    // The first is where the work lies, and that outlives a stop.
    if (!first && on_.luck.happens(on_.plan.work.run_lifetime)) wish.life = lifetime::run;
    wanted.wishes.push_back(std::move(wish));
  }
}

void provider::carry(instance_id who, order const& given, answer_to const& answer) {
  switch (given.kind) {
    case order_kind::resolve_project:
      return play(who, given, answer, [given] { return project_resolved{given.number}; });
    case order_kind::resolve_workspace:
      return play(who, given, answer,
                  [this, who, given] { return workspace_resolved{given.number, expected_[who].wishes}; });
    case order_kind::make:
      return play(who, given, answer, [this, who, given] { return act_make(who, given); });
    case order_kind::launch:
      // With the services there are when the order is given, as whoever launches it for real writes them
      // down.
      return play(who, given, answer, [this, who, given, services = on_.fleet->find(who)->spec.services] {
        return act_launch(who, given, services);
      });
    case order_kind::inspect:
      return play(who, given, answer, [this, who, given] { return act_inspect(who, given); });
    case order_kind::remove:
      return play(who, given, answer, [this, who, given] { return act_remove(who, given); });
    case order_kind::stop_keeper: return stop_keeper(who, given, answer);
    case order_kind::cancel: return give_up(who, given.number);
    case order_kind::run_after_connected:
    case order_kind::run_before_close:
    case order_kind::apply_services:
    case order_kind::start_services:
    case order_kind::stop_services:
    case order_kind::open_link:
    case order_kind::close_link:
    case order_kind::ask_turn:
    case order_kind::return_turn: ensure(false, "this goes over the link or stays in the fleet");
  }
}

void provider::give_up(instance_id who, operation_number number) {
  auto const found = calls_.find({who, number});
  if (found == calls_.end()) return;
  found->second->given_up = true;
  found->second->given_up_at = on_.time.now();
  calls_.erase(found);
}

void provider::give_up_all() {
  for (auto& [key, one] : calls_) {
    one->given_up = true;
    one->given_up_at = on_.time.now();
  }
  calls_.clear();
}

bool provider::may_still_act(call const& one) const {
  auto const settle = nanoseconds(on_.plan.numbers.settle_limit) * 9 / 10;
  return !one.given_up || on_.time.now() < one.given_up_at + settle;
}

void provider::play(instance_id who, order const& given, answer_to const& answer, effect act) {
  auto const one = std::make_shared<call>();
  calls_[{who, given.number}] = one;
  auto const& wrong = on_.plan.wrong;
  auto const reply = [this, answer, who](nanoseconds wait, instance_event what) {
    on_.time.after(wait, [answer, who, what] { answer(who, what); });
  };
  if (on_.goes_wrong(wrong.call_fails_before))
    return reply(on_.about(50ms), failed(given, "it failed before it began"));
  if (given.kind == order_kind::make && on_.goes_wrong(wrong.lies_exists))
    return reply(on_.about(20ms), resource_existed{given.number, given.resources.front().id});
  if (on_.goes_wrong(wrong.call_hangs)) {
    on_.say("  !! the call hangs: {} of {}", name(given.kind), on_.called(who));
    // No answer until it is given up; it may then have done it after all, or do it a little later.
    if (!on_.luck.happens(0.5)) return;
    auto const settle = nanoseconds(on_.plan.numbers.settle_limit) * 8 / 10;
    auto const late = on_.within(settle);
    auto watch = std::make_shared<std::function<void()>>();
    *watch = [this, one, act, late, weak = std::weak_ptr(watch)] {
      if (one->given_up && on_.time.now() >= one->given_up_at + late) {
        if (may_still_act(*one)) (void)act();
        return;
      }
      auto const again = weak.lock();
      on_.time.after(one->given_up ? one->given_up_at + late - on_.time.now() : nanoseconds(500ms),
                     [again] { (*again)(); });
    };
    on_.time.after(500ms, [watch] { (*watch)(); });
    return;
  }
  auto const takes = on_.goes_wrong(wrong.call_is_slow) ? on_.about(20s) : on_.about(30ms);
  bool const fails_after = on_.goes_wrong(wrong.call_fails_after);
  bool const twice = on_.goes_wrong(wrong.answer_twice);
  auto const way_back = on_.goes_wrong(wrong.answer_late) ? on_.about(15s) : on_.about(2ms);
  on_.time.after(takes, [=, this] {
    if (!may_still_act(*one)) return;
    auto const happened = act();
    if (fails_after) return reply(way_back, failed(given, "the answer was lost on the way"));
    reply(way_back, happened);
    if (twice) reply(way_back + on_.about(1s), happened);
  });
}

instance_event provider::act_make(instance_id who, order const& given) {
  auto const& what = given.resources.front();
  if (on_.real.find(what.name) != nullptr) {
    if (on_.luck.happens(0.5)) return resource_existed{given.number, what.id};
    return resource_made{given.number, what.id, "p-" + what.name};
  }
  auto const& wishes = expected_[who].wishes;
  auto const wish = std::ranges::find_if(
      wishes, [&](resource_wish const& w) { return w.kind == what.kind && w.label == what.label; });
  on_.make({.name = what.name,
            .kind = what.kind,
            .label = what.label,
            .owner = who,
            .life = wish == wishes.end() ? lifetime::run : wish->life,
            .made = on_.time.now()});
  return resource_made{given.number, what.id, "p-" + what.name};
}

bool provider::place_is_whole(instance_id who) const {
  auto const& wishes = expected_.at(who).wishes;
  return std::ranges::all_of(wishes, [&](resource_wish const& wish) {
    return std::ranges::any_of(on_.real.things, [&](auto const& entry) {
      auto const& one = entry.second;
      return one.owner == who && one.kind == wish.kind && one.label == wish.label;
    });
  });
}

instance_event provider::act_launch(instance_id who, order const& given,
                                    std::vector<service_spec> const& services) {
  auto const& what = given.resources.front();
  // The place has a durable mark for each generation that was started in it: none is started twice.
  if (started_.contains({who, what.generation})) return resource_existed{given.number, what.id};
  if (!place_is_whole(who)) return failed(given, "the place is not there");
  started_.insert({who, what.generation});
  thing const itself{.name = what.name,
                     .kind = what.kind,
                     .owner = who,
                     .generation = what.generation,
                     .life = lifetime::run,
                     .made = on_.time.now()};
  on_.make(itself);
  auto const made = std::make_shared<keeper>(on_, itself, services);
  keepers_[who] = made;
  containers_[who].clear();
  for (auto const& [name, one] : on_.real.things)
    if (one.owner == who && one.kind == "container") containers_[who] = name;
  made->begin();
  return resource_made{given.number, what.id, fmt::format("boot+{}", what.name)};
}

instance_event provider::act_remove(instance_id who, order const& given) {
  auto const& what = given.resources.front();
  if (what.kind == "container") end_inside(who, what.name, removal::ordered);
  on_.unmake(what.name, removal::ordered);
  return resource_removed{given.number, what.id};
}

instance_event provider::act_inspect(instance_id, order const& given) {
  inspected seen{given.number, {}};
  bool const cannot_say = on_.goes_wrong(on_.plan.wrong.cannot_say);
  for (auto const& what : given.resources) {
    sighting one{.resource = what.id, .seen = presence::absent};
    if (cannot_say)
      one.seen = presence::unknown;
    else if (on_.real.find(what.name) != nullptr)
      one = {what.id, presence::present, true, "p-" + what.name};
    seen.sightings.push_back(std::move(one));
  }
  return seen;
}

// Not an effect of one moment: the keeper takes its services down first.
void provider::stop_keeper(instance_id who, order const& given, answer_to const& answer) {
  auto const what = given.resources.front();
  auto const gone = [this, who, given, what, answer](nanoseconds wait) {
    on_.time.after(wait, [=] { answer(who, resource_removed{given.number, what.id}); });
  };
  // Only a failure is told at once; that all is gone is told when it is.
  auto const failure_only = [answer](instance_id whom, instance_event const& what_happened) {
    if (std::holds_alternative<step_failed>(what_happened)) answer(whom, what_happened);
  };
  play(who, given, failure_only, [=, this]() -> instance_event {
    auto const held = shared_keeper_of(who);
    if (!held || !held->alive() || held->name() != what.name) {
      // No keeper: what its service processes left behind is the place's, and goes now.
      if (!held || !held->alive()) end_processes(who);
      on_.unmake(what.name, removal::ordered);
      gone(on_.about(2ms));
      return resource_removed{given.number, what.id};
    }
    held->stop(given.force, [this, what, gone] {
      on_.unmake(what.name, removal::ordered);
      gone(on_.about(2ms));
    });
    return resource_removed{given.number, what.id};
  });
}

keeper* provider::keeper_of(instance_id who) const {
  auto const found = keepers_.find(who);
  return found == keepers_.end() || !found->second->alive() ? nullptr : found->second.get();
}

std::shared_ptr<keeper> provider::shared_keeper_of(instance_id who) const {
  auto const found = keepers_.find(who);
  return found == keepers_.end() ? nullptr : found->second;
}

void provider::kill_keeper(instance_id who, removal how) {
  auto* held = keeper_of(who);
  if (held == nullptr) return;
  held->die();
  on_.unmake(held->name(), how);
}

void provider::end_inside(instance_id who, std::string const& container, removal how) {
  if (containers_[who] != container) return;
  kill_keeper(who, how);
  end_processes(who);
}

void provider::end_processes(instance_id who) {
  for (auto const& [pid, one] : std::map(on_.real.processes)) {
    if (one.owner != who) continue;
    on_.real.processes.at(pid).children = 0;
    end_process(on_, pid, {exit_status::kind::signal, 9}, nullptr);
    on_.real.processes.erase(pid);
  }
}

void provider::lose_place(instance_id who) {
  for (auto const& [name, one] : on_.real.things) {
    if (one.owner != who || one.is_keeper()) continue;
    auto const lost = name;
    if (one.kind == "container") end_inside(who, lost, removal::behind_our_back);
    on_.unmake(lost, removal::behind_our_back);
    return;
  }
}

void provider::reboot() {
  for (auto const& [who, held] : keepers_) {
    kill_keeper(who, removal::behind_our_back);
    end_processes(who);
  }
}

std::vector<labelled_thing> provider::list_ours() const {
  std::vector<labelled_thing> all;
  for (auto const& [name, one] : on_.real.things) all.push_back({one.kind, name, "p-" + name});
  return all;
}

}  // namespace ostler::simulation
