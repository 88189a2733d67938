// Looks whether one service is ready and alive, for as long as a process of it runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "keeper/logs/format.hpp"
#include "keeper/probes/listener.hpp"
#include "keeper/probes/look.hpp"
#include "keeper/probes/output_match.hpp"
#include "keeper/services/side_command.hpp"
#include "keeper/services/world.hpp"
#include "lifecycle/policy/readiness.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

class monitor {
 public:
  struct hooks {
    std::function<void(lifecycle::sign_seen)> sign;
    std::function<void(lifecycle::process_key, bool alive)> alive;
    // Of the service's tree.
    std::function<std::vector<pid_t>()> members;
    std::function<result<side_request>(std::vector<std::string> command)> side;
  };

  // They are its service's and outlive it; the port may change from one run to the next.
  monitor(world const& shared, wire::service_spec const& spec, std::uint16_t const& port, hooks what);
  monitor(monitor const&) = delete;
  monitor& operator=(monitor const&) = delete;
  ~monitor() = default;

  // A new process; nothing of it was seen yet.
  void begin(lifecycle::process_key process);
  // One that a former keeper knew: what it printed once is not printed again.
  void adopt(lifecycle::process_key process, bool was_ready);
  void end();

  void printed(log_stream stream, byte_view bytes);
  // Through another door.
  void show(lifecycle::ready_sign sign, bool holds);

 private:
  // One thing that is looked at again and again.
  struct watched {
    watched(loop& on, std::unique_ptr<look> how, std::function<milliseconds(look_result const&)> what)
        : looks(std::move(how)), seen(std::move(what)), again(on, [this] { look_now(); }) {}
    void look_now();
    std::unique_ptr<look> looks;
    // Says when to look again.
    std::function<milliseconds(look_result const&)> seen;
    alarm again;
    milliseconds wait{0};
    bool active = true;
  };
  void watch_sign(lifecycle::ready_sign sign, std::unique_ptr<look> how);
  void watch_alive(std::unique_ptr<look> how);
  milliseconds sign_seen(lifecycle::ready_sign sign, watched& by, look_result const& seen);
  void look_again_and_again();
  std::unique_ptr<look> tcp(milliseconds limit) const;
  std::unique_ptr<look> http(wire::http_probe const& probe, milliseconds limit) const;
  std::unique_ptr<look> exec(std::vector<std::string> const& command, milliseconds limit) const;
  listener_owner owner_of(std::uint16_t port) const;

  world const& world_;
  wire::service_spec const& spec_;
  std::uint16_t const& port_;
  hooks hooks_;
  lifecycle::process_key process_;
  std::optional<output_match> output_;
  std::vector<std::unique_ptr<watched>> watched_;
  std::vector<std::unique_ptr<watched>> former_;
};

}  // namespace ostler::keeper
