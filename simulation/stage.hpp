// What all parts of a run share: the clock, chance, what truly exists, and those who watch.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/chance.hpp"
#include "base/ensure.hpp"
#include "simulation/observer.hpp"
#include "simulation/reality.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "simulation/timeline.hpp"

namespace ostler::simulation {

struct stage {
  stage(scenario const& what, std::uint64_t seed, bool written) : plan(what), luck(seed), log(written) {}

  scenario const& plan;
  timeline time;
  chance luck;
  story log;
  reality real;
  std::vector<observer*> watchers;
  bool calm = false;
  // The clock that people read does not jump, whatever the scenario says.
  bool steady_wall_clock = false;
  // How far the clock that people read is from the one that never jumps.
  milliseconds wall_shift{1'790'000'000'000};
  std::map<std::string, bool> ledger;
  lifecycle::fleet const* fleet = nullptr;
  // What people call them, for the story; kept after the end of the instance.
  std::map<instance_id, std::string> names;

  view look() const {
    return {.now = time.now(), .plan = plan, .real = real, .fleet = fleet, .ledger = ledger, .calm = calm};
  }

  template <class Tell> void show(Tell tell) {
    auto const seen = look();
    for (auto* watcher : watchers) tell(*watcher, seen);
  }

  std::string called(instance_id who) const {
    auto const found = names.find(who);
    return found == names.end() ? std::string("ostler") : found->second;
  }
  // "env-1's container-3" for ostler-<id>-container-3.
  std::string called(instance_id who, std::string const& resource) const {
    auto const from = std::string_view("ostler-").size() + who.bare().size() + 1;
    return resource.size() > from ? fmt::format("{}'s {}", called(who), resource.substr(from)) : resource;
  }

  template <class... Parts> void say(fmt::format_string<Parts...> form, Parts&&... parts) {
    log.tell(time.now(), form, std::forward<Parts>(parts)...);
  }

  bool goes_wrong(double probability) { return !calm && luck.happens(probability); }

  // Mostly near the mean, sometimes far from it.
  nanoseconds about(milliseconds mean) {
    auto const factor = luck.happens(0.05) ? 1 + 4 * luck.unit() : 0.2 + 1.6 * luck.unit();
    return nanoseconds(static_cast<std::int64_t>(static_cast<double>(nanoseconds(mean).count()) * factor));
  }
  nanoseconds within(nanoseconds most) {
    return nanoseconds(luck.between(0, std::max<std::int64_t>(most.count(), 1)));
  }

  void make(thing one) {
    log.count(one.kind);
    say("              {} now exists", called(one.owner, one.name));
    auto const [made, fresh] = real.things.emplace(one.name, std::move(one));
    ensure(fresh, "a name is made once");
    show([&](observer& o, view const& v) { o.thing_made(v, made->second); });
  }

  void unmake(std::string const& name, removal how) {
    auto const found = real.things.find(name);
    if (found == real.things.end()) return;
    auto const gone = std::move(found->second);
    real.things.erase(found);
    log.count(static_cast<std::uint64_t>(how));
    say("              {} is gone{}", called(gone.owner, gone.name),
        how == removal::ordered ? "" : " behind our back");
    show([&](observer& o, view const& v) { o.thing_gone(v, gone, how); });
  }

  void mischief(std::string_view kind, instance_id whom) {
    log.count(kind);
    say("  !! {}{}{}", kind, whom ? ": " : "", whom ? called(whom) : "");
    show([&](observer& o, view const& v) { o.mischief(v, kind, whom); });
  }
};

}  // namespace ostler::simulation
