// A fleet with a world around it that answers every order well, until a test does something else with it.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "lifecycle/fleet/fleet.hpp"
#include "lifecycle/instance/driven_instance.hpp"

namespace ostler::lifecycle {

struct driven_fleet {
  explicit driven_fleet(fleet_rules rules = {}) : all(std::move(rules)) {}

  // Answers by the id that was made for the name.
  fleet_step create(instance_spec spec, std::string request_key = {});
  fleet_step create(std::string name) { return create({.name = std::move(name), .provider = "docker"}); }
  fleet_step give(fleet_input const& input);
  fleet_step ask(std::string_view name, instance_event const& what);
  fleet_step start(std::string_view name) { return ask(name, start_asked{"user"}); }
  fleet_step stop(std::string_view name) { return ask(name, stop_asked{"user"}); }
  fleet_step remove(std::string_view name) { return ask(name, delete_asked{"user"}); }

  // What a world that works says to an order; nothing when it says nothing.
  std::vector<fleet_input> good_answers(fleet_order const& given) const;
  void take_effect(fleet_order const& given);
  // The oldest order is carried out and answered; false when there is none.
  bool answer();
  // All orders are answered, and what they bring with them.
  void settle();
  // … and time passes, until the instance has this phase.
  void until(std::string_view name, phase wanted);
  void pass_to_next_wake();
  // A daemon that is killed: what is not journalled is forgotten, and the rest is loaded and recovered.
  fleet_step crash();

  instance const& at(std::string_view name) const;
  std::vector<std::string> types() const;
  std::vector<std::string> orders_waiting() const;

  fleet all;
  instant now = instant{} + 24h;
  wall_time wall{std::chrono::days(20'000)};
  std::uint64_t luck = 1;
  std::vector<resource_wish> wishes{{.kind = "directory", .label = "work"},
                                    {.kind = "container", .label = "box", .life = lifetime::run}};
  std::deque<fleet_order> orders;
  std::vector<fleet_event> events;
  std::set<std::string> there;

 private:
  fleet_step keep(fleet_step done);
  std::vector<fleet_input> answers_to(instance_id who, order const& given) const;
};

}  // namespace ostler::lifecycle
