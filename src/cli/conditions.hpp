// What can be waited for, and whether it is so. The same words as the daemon's own waiting, and for services
// also how far one shall have come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "operations/instance_values.hpp"

namespace ostler::cli {

enum class condition_kind : std::uint8_t { ready, running, stopped, error, attention, deleted };

struct condition {
  condition_kind kind = condition_kind::ready;
  // Empty: about the instance.
  std::string service;
  // As it was given, for messages.
  std::string text;
};

// "ready", "service/web", "service:web", "service/web=stopped".
result<condition> parse_condition(std::string_view text);

//   holds    it is so
//   not_yet  it may become so
//   never    it will not become so by itself
enum class standing : std::uint8_t { holds, not_yet, never };
// Null: the instance is gone.
standing judge(condition const& what, operations::instance const* about);

}  // namespace ostler::cli
