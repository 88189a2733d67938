// One POST to a collector: a connection of its own, the request, the first line of the answer.
//
// Nothing else of HTTP is needed, and a connection that is kept would have to be watched.
#pragma once

#include <cstdint>
#include <string>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "traces/trace_settings.hpp"

namespace ostler::traces {

using async::task;

enum class post_fate : std::uint8_t { taken, try_again, refused };
// As OpenTelemetry says: 429, 502, 503 and 504 pass.
post_fate fate_of(int status);

// The status of the answer. link_failed, timed_out; link_failed also for what is no HTTP.
task<result<int>> post_json(endpoint to, std::string body, milliseconds limit);

}  // namespace ostler::traces
