// What truly exists, whatever the daemon believes.
//
// Only effects change it, and every change is shown to the checkers before anything else can happen.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "lifecycle/instance/instance.hpp"

namespace ostler::simulation {

struct thing {
  std::string name;
  std::string kind;
  std::string label;
  instance_id owner;
  std::uint32_t generation = 0;
  lifecycle::lifetime life = lifecycle::lifetime::instance;
  instant made{};

  bool is_keeper() const { return kind == lifecycle::keeper_kind; }
};

// A process of a service, or what it left behind.
struct process {
  std::int64_t pid = 0;
  instance_id owner;
  std::string service;
  std::uint64_t generation = 0;
  bool main_alive = true;
  int children = 0;  // that do not go with the main process
  bool ready = false;

  bool anything_left() const { return main_alive || children > 0; }
};

enum class removal : std::uint8_t { ordered, behind_our_back };

struct reality {
  std::map<std::string, thing> things;
  std::map<std::int64_t, process> processes;
  std::int64_t pids = 1000;

  thing const* find(std::string const& name) const {
    auto const found = things.find(name);
    return found == things.end() ? nullptr : &found->second;
  }
};

}  // namespace ostler::simulation
