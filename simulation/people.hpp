// Those who ask: they create, start, stop, restart and delete at any moment, forget nothing they were
// promised, and ask again with the same key when the daemon ended before it answered.
#pragma once

#include <string>
#include <vector>

#include "simulation/daemon.hpp"
#include "simulation/provider.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class people {
 public:
  people(stage& on, daemon& asked, provider& places);

  void begin();
  void go_home() { gone_home_ = true; }
  // Asks for the end of everything there is.
  void delete_all();

 private:
  struct slot {
    std::string name;
    instance_id id;
    int creations = 0;
    bool created = false;  // as far as we were told
    bool creating = false;
  };

  void act();
  void create(std::size_t which);
  void ask_for(std::size_t which);
  void ask(instance_id who, lifecycle::fleet_input const& what, daemon::on_answer then);
  void change(std::size_t which);
  lifecycle::instance_spec draw_spec(std::string name);
  lifecycle::service_spec draw_service(std::uint64_t number);

  stage& on_;
  daemon& daemon_;
  provider& places_;
  std::vector<slot> slots_;
  bool gone_home_ = false;
};

}  // namespace ostler::simulation
