// A random life of a fleet: people, providers, keepers and links that answer late, wrongly or never, crashes.
// After every step it can be looked at; in the end the world works again and everything is deleted.
#pragma once

#include <functional>
#include <map>

#include "base/bytes.hpp"
#include "base/chance.hpp"
#include "lifecycle/fleet/test/driven_fleet.hpp"

namespace ostler::lifecycle {

class fleet_walk {
 public:
  using look = std::function<void(driven_fleet const&, fleet_step const&)>;

  fleet_walk(std::uint64_t seed, look after_each);

  void run(int steps);
  // Everything is answered well, and deleted.
  void end();
  std::uint64_t trace() const { return trace_.value(); }
  driven_fleet const& world() const { return world_; }

 private:
  void one_step();
  void answer();
  void pass_time();
  void request();
  void trouble();
  void create();
  instance_id somebody();
  void give(fleet_input const& input);
  void looked(fleet_step const& done);

  chance dice_;
  driven_fleet world_;
  look after_each_;
  std::vector<fleet_input> late_;
  fingerprint trace_;
};

}  // namespace ostler::lifecycle
