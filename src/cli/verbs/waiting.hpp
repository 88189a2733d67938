// Waiting for instances with something to look at meanwhile. Shared by all verbs that change something and
// tell how it ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/conditions.hpp"
#include "cli/verbs/context.hpp"

namespace ostler::cli {

struct awaited {
  std::string instance;
  // All of them.
  std::vector<condition> conditions;
};

//   reached      all are as asked
//   failed       at least one will not become so; the others have
//   time_over    at least one may still
//   interrupted  by Ctrl-C
enum class wait_end : std::uint8_t { reached, failed, time_over, interrupted };

struct waited {
  wait_end end = wait_end::reached;
  // In the order of what was awaited; those that are gone are left out.
  std::vector<operations::instance> last;
  milliseconds took{};
};

struct wait_rules {
  // Zero: none.
  milliseconds limit{};
  // One condition of one instance is enough.
  bool any = false;
  // Nothing is drawn or said.
  bool silent = false;
};

// Hears Ctrl-C while it waits.
result<waited> wait_for(context& with, std::vector<awaited> const& whom, wait_rules const& rules);

// The refusal that an instance which did not become so deserves: its own error, or its sentence.
error why_not(operations::instance const& what);

}  // namespace ostler::cli
