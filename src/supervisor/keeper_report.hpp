// What a keeper tells, fact by fact, as what the fleet hears of its services.
//
// A keeper numbers all that happens and tells it again from any number, so a daemon that was away hears every
// start and every end in its order. What it cannot tell any more, because too much has happened, is made good
// by its status, which says how everything is now.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lifecycle/instance/events.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::supervisor {

class keeper_report {
 public:
  // Goes on from what was heard of that generation before.
  keeper_report(std::uint32_t generation, std::vector<lifecycle::service_view> known);

  // Nothing when it says nothing of services.
  std::optional<lifecycle::services_reported> hear(wire::keeper_event const& told);
  // All of it at once, as of the number that the status bears. Nothing when it is older than what was heard
  // meanwhile: then it is to be asked for again.
  std::optional<lifecycle::services_reported> hear(wire::keeper_status const& told);
  // Some events are gone: what is known may be wrong until a status is heard.
  bool has_gap() const { return gap_; }

 private:
  lifecycle::service_view& view_of(std::string const& service);
  bool take(lifecycle::service_view& view, wire::keeper_event const& told);
  lifecycle::services_reported report(std::uint64_t seq) const;

  std::uint32_t generation_;
  std::vector<lifecycle::service_view> views_;
  // What is older is in the views already.
  std::optional<std::uint64_t> through_;
  // The newest event that is in the views.
  std::uint64_t heard_ = 0;
  bool gap_ = false;
};

// "exited (3)", in the words that the keeper itself uses.
std::string text(wire::exit_told const& told);

}  // namespace ostler::supervisor
