// Sessions of a keeper, as they are told.
#pragma once

#include <string>

#include "answers/asked.hpp"
#include "operations/session_values.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::answers {

operations::session told(wire::session_status const& status, std::string const& instance);
// session_unknown when there is none of this name.
task<result<operations::session>> find_session(reached where, std::string session);

}  // namespace ostler::answers
