// A keeper and the processes it holds. The rules are the real service machine's; only the processes are
// played.
//
// A killed keeper leaves its processes alive, as on a real machine; the next keeper in the same place finds
// them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lifecycle/service/service.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class keeper : public std::enable_shared_from_this<keeper> {
 public:
  using reporter = std::function<void(std::uint64_t seq, std::vector<lifecycle::service_view>)>;

  keeper(stage& on, thing const& itself, std::vector<lifecycle::service_spec> const& services);

  // Takes over what a predecessor left alive.
  void begin();
  // These from now on: what is new starts, what is gone is stopped and then forgotten.
  void apply(std::vector<lifecycle::service_spec> const& services);
  void start_services();
  void stop_services();
  // Stops all it holds, then itself; `gone` is told when nothing is left. At once and by force when asked.
  void stop(bool force, std::function<void()> gone);
  // SIGKILL: the keeper ends here, its processes do not.
  void die();

  bool alive() const { return alive_; }
  std::uint32_t generation() const { return itself_.generation; }
  std::string const& name() const { return itself_.name; }

  // Called at each change from now on; nothing detaches.
  void report_to(reporter to) { reporter_ = std::move(to); }
  // Whatever changed since the last report; report_all() also what did not.
  void report_now();
  void report_all();

  void process_is_ready(std::int64_t pid);
  void process_ended(std::int64_t pid, lifecycle::exit_status how);

 private:
  struct held {
    lifecycle::service_rules rules;
    lifecycle::service value;
    std::vector<std::size_t> needs;
    std::optional<instant> tick_planned;
    // No longer wanted by the spec; told of while anything of it is left.
    bool removed = false;
  };

  void hold(lifecycle::service_spec const& what);
  void want(std::size_t which, bool up);
  void feed(std::size_t which, lifecycle::service_event const& happened);
  void carry(std::size_t which, lifecycle::service_command const& ordered);
  void spawn(std::size_t which, std::uint64_t generation);
  void live(std::size_t which, std::int64_t pid);
  void kill_tree(std::size_t which, std::uint64_t generation);
  void stop_signal(std::size_t which, std::uint64_t generation);
  void check_tree(std::size_t which, std::uint64_t generation);
  void see_signs(std::size_t which, lifecycle::process_key whose, bool hold);
  void update_needs();
  void plan_tick(std::size_t which);
  void leave_if_empty();
  lifecycle::service_view show(held const& one) const;
  std::int64_t index_of(std::string const& service) const;
  moment at();

  template <class Act> void after(nanoseconds wait, Act act) {
    on_.time.after(wait, [weak = weak_from_this(), act]() mutable {
      if (auto const self = weak.lock(); self && self->alive_) act(*self);
    });
  }

  stage& on_;
  thing itself_;
  std::vector<held> held_;
  bool alive_ = true;
  bool leaving_ = false;
  std::function<void()> gone_;
  reporter reporter_;
  std::uint64_t seq_ = 0;
  std::vector<lifecycle::service_view> told_;
};

// Ends the main process and tells the keeper that watches it, if one does.
void end_process(stage& on, std::int64_t pid, lifecycle::exit_status how, keeper* watching);

}  // namespace ostler::simulation
