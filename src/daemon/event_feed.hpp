// Gives each kept event to the hub, once and in order, in the words that are told outside; and to those who
// come, how everything is, or what they have missed.
//
// An update says what its instance is after it. Of an event that is told again from the journal nobody knows
// that any more, so the instance is told as it is now: whoever listens ends with what is, and one that is
// gone by now is gone.
#pragma once

#include <functional>
#include <memory>

#include "answers/told.hpp"
#include "async/pool.hpp"
#include "control/caller.hpp"
#include "control/hub.hpp"
#include "operations/log_operations.hpp"
#include "supervisor/supervisor.hpp"

namespace ostler::daemon {

class event_feed final : public supervisor::listener {
 public:
  // Both outlive it. `gone` hears of instances that are there no more.
  event_feed(supervisor::supervisor& middle, async::pool& workers, std::function<void(instance_id)> gone);
  event_feed(event_feed const&) = delete;
  event_feed& operator=(event_feed const&) = delete;
  ~event_feed() override;

  control::hub& hub() { return hub_; }
  // instance_unknown for one that the caller may not see.
  async::task<result<control::conversation>> subscribe(operations::event_subscription asked,
                                                       control::caller who);

  void happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) override;
  void overheard(instance_id, wire::keeper_event const&) override {}
  void beaten(instance_id who) override;
  void progressed(instance_id, providers::progress const&) override {}

 private:
  answers::told_at now() const;
  async::task<result<control::hub_snapshot>> snapshot(control::hub_filter filter);
  async::task<result<std::vector<control::told_event>>> older(std::uint64_t after);

  supervisor::supervisor& middle_;
  async::pool& workers_;
  std::function<void(instance_id)> gone_;
  control::hub hub_;
};

}  // namespace ostler::daemon
