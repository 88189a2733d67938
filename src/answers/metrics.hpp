// Numbers about the daemon in the text format of Prometheus.
#pragma once

#include <string>

#include "answers/answers.hpp"

namespace ostler::answers {

std::string metrics_text(answer_needs const& needs);

}  // namespace ostler::answers
