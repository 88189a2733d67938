// What a checker sees. A checker states one promise and knows nothing of how it is kept.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lifecycle/fleet/fleet.hpp"
#include "simulation/reality.hpp"
#include "simulation/scenario.hpp"

namespace ostler::simulation {

// A promise that was broken.
struct violation {
  std::string promise;
  std::string what;
  instant when{};
};

// How things stand, as far as a checker may look.
struct view {
  instant now{};
  scenario const& plan;
  reality const& real;
  // Null while the daemon is down.
  lifecycle::fleet const* fleet = nullptr;
  // The ledger as it is durable, by name of the resource: true for held, false for intent.
  std::map<std::string, bool> const& ledger;
  // Nothing new goes wrong any more.
  bool calm = false;
};

// What a person was told about a request.
enum class told : std::uint8_t {
  accepted,
  refused,
  nothing
};  // nothing: the daemon ended before it answered

struct request {
  instance_id who;
  lifecycle::fleet_input what;
  // As it was when the request was decided; null when there was no such instance.
  lifecycle::instance const* before = nullptr;
};

class observer {
 public:
  observer() = default;
  observer(observer const&) = delete;
  observer& operator=(observer const&) = delete;
  virtual ~observer() = default;

  virtual std::string_view promise() const = 0;

  virtual void run_begins(view const&) {}
  virtual void thing_made(view const&, thing const&) {}
  virtual void thing_gone(view const&, thing const&, removal) {}
  virtual void process_began(view const&, process const&) {}
  virtual void process_ended(view const&, process const&) {}
  // A keeper was told that a service is wanted up or down.
  virtual void service_wanted(view const&, instance_id, std::string const& /*service*/, bool /*up*/) {}
  virtual void mischief(view const&, std::string_view /*kind*/, instance_id /*whom*/) {}
  // Before it is known to be durable.
  virtual void decided(view const&, request const&, lifecycle::fleet_step const&) {}
  virtual void stepped(view const&, lifecycle::fleet_input const&, lifecycle::fleet_step const&) {}
  virtual void kept(view const&, lifecycle::fleet_step const&) {}
  virtual void answered(view const&, request const&, told) {}
  virtual void order_given(view const&, lifecycle::fleet_order const&) {}
  virtual void daemon_ended(view const&) {}
  virtual void daemon_began(view const&) {}
  virtual void second_passed(view const&) {}
  virtual void went_quiet(view const&) {}
  virtual void all_deleted(view const&) {}

  std::vector<violation> const& violations() const { return violations_; }

 protected:
  void broken(view const& at, std::string what) {
    // One is enough to fail, and a thousand would only hide it.
    if (violations_.size() < 3) violations_.push_back({std::string(promise()), std::move(what), at.now});
  }

 private:
  std::vector<violation> violations_;
};

}  // namespace ostler::simulation
