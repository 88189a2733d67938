// The connections to all keepers, as the machines of their links order them.
//
// Each connection is a coroutine: dial, hear who is there, say hello, then listen until it ends. What it
// hears goes to the fleet as events of the link and as reports of the instance; everything bears the number
// of the attempt, so that what comes late from an older one is refused there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "async/scope.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "supervisor/doing.hpp"
#include "supervisor/keeper_client.hpp"
#include "supervisor/keeper_report.hpp"

namespace ostler::supervisor {

class keeper_links {
 public:
  explicit keeper_links(doing_needs needs) : needs_(std::move(needs)) {}

  void carry_out(instance_id who, lifecycle::link_command const& what);
  // Null unless the keeper is registered now.
  std::shared_ptr<keeper_client> reached(instance_id who) const;
  // Told of each event of a keeper, before the fleet decides on it.
  std::function<void(instance_id, wire::keeper_event const&)> overheard;
  // Told of each heartbeat of a keeper.
  std::function<void(instance_id)> beaten;
  void give_up_all();
  std::size_t open() const { return lines_.size(); }

 private:
  struct line {
    std::uint64_t attempt = 0;
    std::shared_ptr<keeper_client> client;
    async::stopper stop;
    bool registered = false;
    std::uint64_t forgotten = 0;
  };

  void dial(instance_id who, std::uint64_t attempt);
  void hang_up(instance_id who, std::uint64_t attempt);
  task<void> run(instance_id who, std::uint64_t attempt);
  task<result<std::shared_ptr<keeper_client>>> connect(instance_id who, std::uint64_t attempt);
  task<void> talk(instance_id who, std::uint64_t attempt, std::shared_ptr<keeper_client> with);
  void ask_status(instance_id who, std::uint64_t attempt, std::shared_ptr<keeper_report> report,
                  std::shared_ptr<keeper_client> with);
  task<void> hear_status(instance_id who, std::uint64_t attempt, std::shared_ptr<keeper_report> report,
                         std::shared_ptr<keeper_client> with);
  // What was kept need not be told again.
  void forget_told(instance_id who, std::string const& nonce, line& one);
  line* find(instance_id who, std::uint64_t attempt);
  void feed(instance_id who, lifecycle::link_event what);

  doing_needs needs_;
  std::map<instance_id, line> lines_;
};

}  // namespace ostler::supervisor
