// The daemon, played: the real fleet and the real codec over a journal that can lose what was not kept.
//
// It does what the supervisor does: a step, one transaction, and only when that is durable the orders and the
// answers. It can end at any moment; a new one starts from the journal alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/memory_journal.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "simulation/lines.hpp"
#include "simulation/provider.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class daemon {
 public:
  using on_answer = std::function<void(told)>;

  daemon(stage& on, provider& places, lines& links);

  void begin();
  // SIGKILL.
  void end();
  bool alive() const { return fleet_ != nullptr; }
  lifecycle::fleet const* fleet() const { return fleet_.get(); }

  // `answered` is told exactly once, `nothing` when the daemon ended first.
  void ask(instance_id who, lifecycle::fleet_input const& what, on_answer answered);
  void feed(lifecycle::fleet_input const& what);
  void disk_is_full(bool full);
  bool all_durable() const { return journal_.waiting() == 0; }
  std::uint64_t steps() const { return steps_; }
  // What could not be: the journal cannot be read back.
  std::optional<std::string> const& damage() const { return damage_; }

 private:
  void finish(lifecycle::fleet_input const& what, lifecycle::fleet_step&& done, on_answer answered);
  void kept(std::shared_ptr<lifecycle::fleet_step> const& step, on_answer const& answered);
  void carry(lifecycle::fleet_order const& given);
  void carry_over_link(instance_id who, lifecycle::order const& given);
  void plan_flush();
  void plan_wake();
  moment at();

  stage& on_;
  provider& places_;
  lines& links_;
  journal::memory_journal journal_{journal::number_check::off};
  std::unique_ptr<lifecycle::fleet> fleet_;
  std::uint64_t epoch_ = 0;
  bool flush_planned_ = false;
  std::optional<instant> wake_planned_;
  std::uint64_t steps_ = 0;
  std::optional<std::string> damage_;
};

}  // namespace ostler::simulation
