// The operations of agents, apart from the others because what they ask is a roster that needs no supervisor.
#pragma once

#include "agents/links.hpp"
#include "answers/answers.hpp"

namespace ostler::answers {

// `needs` and `all` outlive the bindings, and all that was asked of them.
void bind_agents(control::bindings& into, answer_needs const& needs, agents::links& all);

}  // namespace ostler::answers
