// How the fleet's values stand in the journal, and how a fleet is made of a journal again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "journal/journal.hpp"
#include "lifecycle/fleet/fleet.hpp"

namespace ostler::records {

std::string write_instance(lifecycle::instance const& it);
result<lifecycle::instance> read_instance(std::string_view text);

std::string write_event(lifecycle::fleet_event const& event);
result<lifecycle::fleet_event> read_event(std::string_view text);

// Under this prefix stand the instances there are; a start loads nothing else. What was deleted stands
// elsewhere, for ever.
constexpr std::string_view live_prefix = "instance/";

// The one transaction that keeps all of a step, or nothing of it.
journal::transaction to_transaction(lifecycle::fleet const& after, lifecycle::fleet_step const& step);

struct loaded {
  std::vector<lifecycle::instance> instances;
  journal::sequence last_seq = 0;
};
// Refuses rather than guesses when a record cannot be read, or when states and ledger disagree on what
// exists.
result<loaded> read_contents(journal::contents const& kept);

}  // namespace ostler::records
