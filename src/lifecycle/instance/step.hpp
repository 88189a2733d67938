// The machine of one instance: what happened goes in, the next value and what to do about it come out.
//
// It reads no clock, draws no chance and does nothing. Whoever calls it journals `next`, `ledger` and
// `notices` in one transaction and carries the orders out only after that.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lifecycle/instance/events.hpp"
#include "lifecycle/instance/instance.hpp"
#include "lifecycle/policy/numbers.hpp"

namespace ostler::lifecycle {

// Whether one more resource may be made; asked when the intent is written.
class allowance {
 public:
  allowance() = default;
  allowance(allowance const&) = delete;
  allowance& operator=(allowance const&) = delete;
  virtual ~allowance() = default;
  virtual result<void> admits(instance const& who, resource_wish const& what) const = 0;
};

struct instance_context {
  moment at;
  numbers const& rules;
  allowance const& quota;
};

struct instance_step {
  instance next;
  std::vector<order> orders;
  std::vector<notice> notices;
  std::vector<ledger_change> ledger;
  // A request that the law does not allow in this state.
  std::optional<error> refused;
  // Why an event changed nothing, by name: "stale answer", "already running". Empty when it did.
  std::string_view ignored;
  // The journalled part of the instance changed.
  bool changed = false;
};

instance_step step(instance it, instance_event const& event, instance_context const& context);

}  // namespace ostler::lifecycle
