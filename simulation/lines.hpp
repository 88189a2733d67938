// The connections between the daemon and the keepers. What is said on one arrives in order or not at all.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "simulation/provider.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class lines {
 public:
  using link_teller = std::function<void(instance_id, lifecycle::link_event)>;
  using report_teller = std::function<void(instance_id, lifecycle::services_reported)>;

  lines(stage& on, provider& places) : on_(on), places_(places) {}

  void carry(instance_id who, std::uint32_t generation, lifecycle::link_command const& command,
             link_teller const& tell, report_teller const& report);
  // The keeper at the other end of an open line that is not silent; null when nobody is reached.
  std::shared_ptr<keeper> reached(instance_id who) const;
  void cut(instance_id who);
  // Nothing passes any more, and nobody is told.
  void silence(instance_id who);
  // The keeper is gone: the line ends by itself.
  void keeper_ended(instance_id who) { cut(who); }
  void daemon_ended();

 private:
  struct line {
    std::uint64_t attempt = 0;
    std::weak_ptr<keeper> other_end;
    bool open = false;
    bool silent = false;
    bool ended = false;
    link_teller tell;
  };

  void dial(instance_id who, std::uint32_t generation, std::uint64_t attempt, link_teller const& tell,
            report_teller const& report);
  void connect(instance_id who, std::uint32_t generation, std::shared_ptr<line> const& one,
               report_teller const& report);

  static constexpr nanoseconds way = 500us;

  stage& on_;
  provider& places_;
  std::map<instance_id, std::shared_ptr<line>> lines_;
};

}  // namespace ostler::simulation
