// Carries out what the machines of instances order: each order is one call of a provider or one request to a
// keeper, and its end goes back to the fleet with the number of the order.
//
// An order may be given twice, also by a daemon that has started again; what it made the first time is found
// by its name. A cancelled one answers nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "async/scope.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "supervisor/doing.hpp"
#include "supervisor/keeper_links.hpp"

namespace ostler::supervisor {

class orders {
 public:
  // The limits of the single steps are those of the machines.
  orders(doing_needs needs, keeper_links& links, lifecycle::numbers const& limits)
      : needs_(std::move(needs)), links_(links), limits_(limits) {}

  void carry_out(instance_id who, lifecycle::order const& given);
  void give_up_all();
  std::size_t under_way() const { return under_way_.size(); }

 private:
  using number = lifecycle::operation_number;
  // Numbers begin again when all was given up.
  struct place {
    std::uint64_t epoch = 0;
    instance_id who;
    number order = 0;
    auto operator<=>(place const&) const = default;
  };

  task<void> carry(place key, lifecycle::order given);
  // What goes back; nothing when nobody waits for it.
  task<lifecycle::instance_event> answer(instance_id who, lifecycle::order given);
  task<lifecycle::instance_event> resolve_project(told_place const* at, number order);
  task<lifecycle::instance_event> resolve_workspace(told_place const* at, number order);
  task<lifecycle::instance_event> make(told_place const* at, lifecycle::order given);
  task<lifecycle::instance_event> launch(told_place const* at, lifecycle::order given);
  task<lifecycle::instance_event> inspect(told_place const* at, lifecycle::order given);
  task<lifecycle::instance_event> remove(told_place const* at, lifecycle::order given);
  task<lifecycle::instance_event> apply_services(instance_id who, number order);
  task<lifecycle::instance_event> start_services(told_place const* at, number order);
  task<lifecycle::instance_event> stop_services(told_place const* at, lifecycle::order given);
  task<lifecycle::instance_event> run_hook(told_place const* at, lifecycle::order given);
  providers::call call_within(instance_id who, milliseconds limit) const;

  doing_needs needs_;
  keeper_links& links_;
  lifecycle::numbers const& limits_;
  std::uint64_t epoch_ = 0;
  std::map<place, async::stopper> under_way_;
};

}  // namespace ostler::supervisor
