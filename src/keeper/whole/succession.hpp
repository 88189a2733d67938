// A keeper becomes another program without letting go of anything: the same process, the same children, the
// same descriptors.
//
// What the new program must know beyond what is on disk already stands in `handover.json`, for the one moment
// between.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "keeper/sessions/hand_over.hpp"
#include "keeper/start/home.hpp"

namespace ostler::keeper {

struct handed_keeper {
  // Of the lock's descriptor, which stays open.
  int lock = -1;
  handed_sessions sessions;
  // What those we start get instead of our own.
  std::optional<int> oom_score_adjust;
  // Why the wanted program could not be run, when we became ourselves instead.
  std::string failed;
};
BOOST_DESCRIBE_STRUCT(handed_keeper, (), (lock, sessions, oom_score_adjust, failed))

// Is it a keeper that can take over? Runs it, to see that it runs here.
result<void> check_successor(std::string const& program);

// Becomes the program, or ourselves again when that cannot be done. The descriptors named are made to stay
// open. Comes back only when neither can be run.
error become(home const& place, std::string const& program, handed_keeper handed);

// In the new program; read once.
result<handed_keeper> take_handover(home const& place);

}  // namespace ostler::keeper
