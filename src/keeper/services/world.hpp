// What the parts of one keeper share. The keeper makes it first and destroys it last.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "keeper/hold/children.hpp"
#include "keeper/hold/containment.hpp"
#include "keeper/hold/graveyard.hpp"
#include "keeper/ledger/ledger.hpp"
#include "keeper/logs/intake.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/start/home.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

struct world {
  loop& on;
  ledger& story;
  children& kids;
  containment& contained;
  graveyard& graves;
  intake& reads;
  home const& place;
  ident who;
  // The keeper before us, if there was one, ran on this start of the machine: its pids may still mean
  // something.
  bool same_boot = true;
  // Absolute.
  std::string workspace;
  // What those we start get instead of our own.
  std::optional<int> oom_score_adjust;
  // How many there were; names the next one.
  mutable std::uint64_t side_commands = 0;
  // Those who listen are told what was recorded since the last time.
  std::function<void()> tell;

  std::string workspace_path(std::string const& inside) const {
    if (inside.empty()) return workspace;
    return inside.front() == '/' ? inside : workspace + "/" + inside;
  }
  // What marks every process of a run, and of no other that lives.
  std::string token(std::string_view run) const { return who.mark + "/" + std::string(run); }
};

}  // namespace ostler::keeper
