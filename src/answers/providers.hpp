// Providers, as they are told, and whether they work.
#pragma once

#include <string>

#include "answers/asked.hpp"
#include "operations/daemon_values.hpp"

namespace ostler::answers {

// provider_unknown, with the names there are; an empty name is nothing to refuse.
result<void> check_provider(answer_needs const* needs, std::string const& name);

// Asks it now what it is and what is ours.
task<operations::doctor_check> look_at(supervisor::named_provider const* who, std::string daemon);

}  // namespace ostler::answers
