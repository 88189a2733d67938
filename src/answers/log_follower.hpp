// Lines as they are printed from now on, of several logs, as JSON lines: over restarts of the services, over
// new launches of the keeper, and over losses of its link.
#pragma once

#include <memory>
#include <vector>

#include "answers/log_page.hpp"
#include "control/byte_source.hpp"

namespace ostler::answers {

// First what `begun` holds, then each further line of these logs. Ends when the instance is deleted.
std::unique_ptr<control::byte_source> follow_logs(answer_needs const* needs, instance_id id, page_read begun,
                                                  std::vector<log_source> sources, wire::log_read how);

}  // namespace ostler::answers
