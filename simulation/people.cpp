#include "simulation/people.hpp"

#include <vector>

namespace ostler::simulation {

using namespace lifecycle;

people::people(stage& on, daemon& asked, provider& places) : on_(on), daemon_(asked), places_(places) {
  for (int i = 0; i < on.plan.work.instances; ++i)
    slots_.push_back({.name = fmt::format("env-{}", i), .id = {}});
}

void people::begin() {
  on_.time.after(on_.about(on_.plan.work.request_every), [this] {
    if (gone_home_) return;
    act();
    begin();
  });
}

void people::act() {
  auto const which = on_.luck.below(slots_.size());
  auto& one = slots_[which];
  bool const gone = one.created && daemon_.alive() && daemon_.fleet()->find(one.id) == nullptr;
  if (gone) one.created = false;
  if (one.creating) return;
  if (!one.created) {
    one.id = instance_id::make(wall_time(milliseconds(1'790'000'000'000)), on_.luck.bits(), on_.luck.bits());
    ++one.creations;
    return create(which);
  }
  ask_for(which);
}

instance_spec people::draw_spec(std::string name) {
  auto const& work = on_.plan.work;
  instance_spec spec{
      .name = std::move(name),
      .provider = fmt::format("p{}", on_.luck.below(static_cast<std::uint64_t>(work.providers))),
      .project = "shop"};
  auto const count = on_.luck.below(static_cast<std::uint64_t>(work.services) + 1);
  for (std::uint64_t i = 0; i < count; ++i) spec.services.push_back(draw_service(i));
  spec.after_connected_hook = on_.luck.happens(work.hooks);
  spec.before_close_hook = on_.luck.happens(work.hooks);
  spec.keep_on_error = on_.luck.happens(work.keep_on_error);
  return spec;
}

service_spec people::draw_service(std::uint64_t number) {
  return {.name = fmt::format("s{}", number),
          .port_wanted = on_.luck.happens(0.7),
          .required = on_.luck.happens(0.8),
          .task = on_.luck.happens(0.15)};
}

void people::create(std::size_t which) {
  auto& one = slots_[which];
  one.creating = true;
  auto const spec = draw_spec(one.name);
  places_.expect(one.id);
  on_.names[one.id] = one.name;
  on_.say("  --> create {}", one.name);
  create_asked const asked{.id = one.id,
                           .spec = spec,
                           .request_key = fmt::format("{}#{}", one.name, one.creations),
                           .actor = "user"};
  ask(one.id, asked, [this, which](told what) {
    auto& mine = slots_[which];
    mine.creating = false;
    // Not answered: it may exist, and is asked for again under the same key before anything else.
    mine.created = what != told::refused;
  });
  // A daemon that ends forgets whom it owed an answer.
  on_.time.after(5s, [this, which] { slots_[which].creating = false; });
}

void people::ask_for(std::size_t which) {
  auto& one = slots_[which];
  auto const& work = on_.plan.work;
  if (work.changes > 0 && on_.luck.happens(work.changes)) return change(which);
  bool const force = on_.luck.happens(work.force);
  instance_event what = start_asked{"user"};
  if (on_.luck.happens(work.deletes))
    what = delete_asked{"user", force};
  else if (on_.luck.happens(0.35))
    what = stop_asked{"user", force};
  else if (on_.luck.happens(0.15))
    what = restart_asked{"user"};
  on_.say("  --> {} {}", name(what), one.name);
  ask(one.id, for_instance{one.id, what}, {});
}

// One of its services goes, or another comes.
void people::change(std::size_t which) {
  auto const& one = slots_[which];
  auto const* it = daemon_.alive() ? daemon_.fleet()->find(one.id) : nullptr;
  if (it == nullptr) return;
  auto spec = it->spec;
  auto const number = on_.luck.below(static_cast<std::uint64_t>(on_.plan.work.services) + 1);
  auto const name = fmt::format("s{}", number);
  auto const known =
      std::erase_if(spec.services, [&](service_spec const& each) { return each.name == name; });
  if (known == 0) spec.services.push_back(draw_service(number));
  on_.say("  --> change {}: {} {}", one.name, known == 0 ? "also" : "without", name);
  ask(one.id, change_asked{.id = one.id, .spec = spec, .actor = "user"}, {});
}

void people::ask(instance_id who, fleet_input const& what, daemon::on_answer then) {
  daemon_.ask(who, what, [this, who, what, then = std::move(then)](told answer) {
    on_.show([&](observer& o, view const& v) { o.answered(v, {.who = who, .what = what}, answer); });
    if (then) then(answer);
  });
}

void people::delete_all() {
  if (!daemon_.alive()) return;
  std::vector<instance_id> ids;
  daemon_.fleet()->each([&](instance const& it) { ids.push_back(it.id); });
  for (auto const id : ids) ask(id, for_instance{id, delete_asked{"user", false}}, {});
}

}  // namespace ostler::simulation
