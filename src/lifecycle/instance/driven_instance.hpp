// An instance that is fed by hand, and a world around it that answers well until it is told otherwise. The
// printed reference and the tests both have to bring an instance into every phase, and do it with this.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lifecycle/instance/step.hpp"

namespace ostler::lifecycle {

class all_admitted final : public allowance {
 public:
  result<void> admits(instance const&, resource_wish const&) const override { return {}; }
};

// Every part that can be left out is there: both hooks, and a service with a public port.
instance_spec full_spec();

// What is journalled of an instance, as it is after a crash.
instance journalled_part(instance const& it);

struct driven_instance {
  explicit driven_instance(instance_spec spec = full_spec());

  instance_step const& feed(instance_event const& event);
  // What a world that works would say next; nothing when nothing is waited for.
  std::optional<instance_event> good_answer() const;
  driven_instance& answer();
  // Sleeps until the machine wants to be told the time, and tells it.
  driven_instance& wait();
  // Answers well, and waits where nothing can be answered, until the phase is reached.
  driven_instance& until(phase wanted);
  // … until the machine waits for nothing any more.
  driven_instance& settle();
  // What has just been ordered fails.
  instance_step const& fail_step(std::string why, bool retryable = true);
  driven_instance& fail_until(phase wanted);
  // The answer to an inspection that finds `missing` gone.
  inspected look_without(std::string_view missing_kind) const;
  // Forgets what is not journalled, as a daemon that is killed does.
  driven_instance& crash();

  resource const* find(std::string_view kind) const;
  operation_number newest() const { return it.doing ? it.doing->number : it.operations; }
  services_reported report(std::string_view state, bool ready) const;

  instance it;
  numbers rules{};
  // A place that outlives a stop, and a container that does not.
  std::vector<resource_wish> wishes{{.kind = "directory", .label = "work"},
                                    {.kind = "container", .label = "box", .life = lifetime::run}};
  allowance const* quota = nullptr;  // nothing: all is admitted
  instant now = instant{} + 24h;
  wall_time wall{std::chrono::days(20'000)};
  std::uint64_t luck = 1;
  std::set<std::string> there;  // the names of what exists outside

  instance_step last;
  // Of all steps.
  std::vector<order> orders;
  std::vector<notice> notices;
  std::vector<ledger_change> ledger;

 private:
  std::optional<instance_event> answer_to(operation const& doing) const;
  void take_effect(instance_event const& event);
};

}  // namespace ostler::lifecycle
