// What goes wrong by itself, at intervals drawn from the scenario.
#pragma once

#include <functional>

#include "simulation/daemon.hpp"
#include "simulation/lines.hpp"
#include "simulation/provider.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class mischief {
 public:
  mischief(stage& on, daemon& victim, provider& places, lines& links)
      : on_(on), daemon_(victim), places_(places), links_(links) {}

  void begin();

 private:
  void every(milliseconds mean, std::function<void()> act);
  instance_id somebody();
  void crash_daemon();
  void kill_keeper();
  void fill_disk();
  void jump_clock();
  void suspend();

  stage& on_;
  daemon& daemon_;
  provider& places_;
  lines& links_;
};

}  // namespace ostler::simulation
