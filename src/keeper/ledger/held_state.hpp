// What a keeper holds, as its events tell it: enough for a successor to find everything again. Pure.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/keeper_link.hpp"

namespace ostler::keeper {

// The newest run of a service, or the one run of a session.
struct held_run {
  std::string name;
  bool wanted = false;
  bool ready = false;
  // The last fact of the service's own: "running", "error"…
  std::string state;
  std::string message;
  std::uint64_t run = 0;
  // It was about to be spawned, and nobody wrote down whether it was.
  bool intended = false;
  // It runs, or was to run, otherwise than the spec says now, and one that does takes its place.
  bool outdated = false;
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint16_t port = 0;
  std::optional<wire::exit_told> exit;
};
BOOST_DESCRIBE_STRUCT(held_run, (),
                      (name, wanted, ready, state, message, run, intended, outdated, pid, start_ticks, port,
                       exit))

struct held_state {
  std::string type = "state";
  // As of this event.
  std::uint64_t seq = 0;
  std::uint64_t forgotten_seq = 0;
  // Everything was told to end.
  bool stopping = false;
  std::vector<held_run> services;
  // Only those that have not ended.
  std::vector<held_run> sessions;
};
BOOST_DESCRIBE_STRUCT(held_state, (), (type, seq, forgotten_seq, stopping, services, sessions))

void apply(held_state& state, wire::keeper_event const& happened);
held_run const* find(std::vector<held_run> const& runs, std::string_view name);

}  // namespace ostler::keeper
