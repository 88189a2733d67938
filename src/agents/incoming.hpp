// What an agent says, told apart. Almost everything is heartbeats, so those are known by their bytes: no JSON
// is read and nothing allocated for them.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "operations/agent_values.hpp"

namespace ostler::agents {

// Of an agent server that we dialled: it takes work from now on.
struct said_registered {};

using incoming = std::variant<operations::agent_heartbeat, operations::agent_message, operations::agent_error,
                              operations::agent_register, operations::agent_unregister, said_registered>;

bool is_plain_heartbeat(std::string_view text);
// message_malformed when it is no JSON, or none of these.
result<incoming> read_incoming(std::string_view text);

}  // namespace ostler::agents
