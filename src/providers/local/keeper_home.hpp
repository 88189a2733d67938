// The directory of a keeper, seen from outside: who runs there, how to reach it, how to end it.
//
// What lies in it is told in docs/reference/keeper.md. A keeper that leaves in order removes its socket; one
// that was killed leaves it, and with it perhaps processes that it held.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::providers::local {

struct keeper_ident {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string boot_id;
  std::uint64_t generation = 0;
};
BOOST_DESCRIBE_STRUCT(keeper_ident, (), (pid, start_ticks, boot_id, generation))

struct keeper_state {
  // Who holds it, or held it last; nothing when none ever did.
  std::optional<keeper_ident> last;
  // The process, when it lives: a signal through it cannot meet another one.
  std::optional<system::process_handle> alive;
  // It was killed, in this boot, and it or one before it had begun: what they held may live.
  bool left_behind = false;

  bool runs(std::uint64_t generation) const { return alive && last->generation == generation; }
};

// `home` is the open directory.
result<keeper_state> look_at_keeper(int home);

result<void> write_spec(int home, wire::keeper_spec const& spec);
// So that a keeper which takes over what another left behind starts nothing: the same generation, and nothing
// that is to start by itself.
result<void> write_spec_of_last(int home, std::uint64_t generation);

// From here on no keeper begins in it, also not one that was told to and has not come to it yet: what it
// would hold is taken away. False when one holds the home just now; look again then, and end that one.
result<bool> seal_home(int home);

// Removes the cgroups that its keepers have made, and ends whoever is in them still. For a home that is
// sealed, when nothing is left behind that a keeper could end in a better way. delete_incomplete names what
// does not go.
result<void> clear_cgroups(int home, std::stop_token const& stop);

// A connected socket that does not block; link_failed when nobody listens, system_exhausted when it listens
// but has too much to do just now.
result<system::fd> connect_to_keeper(int home);
// Asks it to end all at once. Nobody hears the answer: that the process ends is what counts.
result<void> ask_to_hurry(int home);

}  // namespace ostler::providers::local
