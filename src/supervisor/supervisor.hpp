// The daemon's middle: takes what is asked, lets the fleet decide, keeps it, and has it done.
//
// It belongs to the loop. What is read here is what was kept; what changes is told to listeners in the order
// of its numbers, each once. It decides nothing: whoever wants something else than what is asked puts it to
// the fleet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/bell.hpp"
#include "async/scope.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "providers/provider.hpp"
#include "supervisor/instance_plan.hpp"
#include "supervisor/keeper_client.hpp"
#include "supervisor/measured_provider.hpp"

namespace ostler::supervisor {

using async::task;

struct named_provider {
  std::string name;
  std::string type;
  providers::provider* place = nullptr;
};

struct supervisor_needs {
  async::home where;
  journal::journal* kept_in = nullptr;
  lifecycle::fleet_rules rules;
  // Of this state directory, for ever: what is made bears it.
  std::string daemon;
  std::vector<named_provider> providers;
  // What the programs of an instance find in their environment to reach us, "NAME=value".
  std::function<std::vector<std::string>(instance_id)> environment;
  std::function<void(std::string const&)> log;
};

// Hears what was kept, in its order.
class listener {
 public:
  listener() = default;
  listener(listener const&) = delete;
  listener& operator=(listener const&) = delete;
  virtual ~listener() = default;
  // The instance as it is now; null when it is gone, or when the event is about the daemon.
  virtual void happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) = 0;
  // What a keeper tells, before it is decided on; much of it never becomes an event.
  virtual void overheard(instance_id who, wire::keeper_event const& what) = 0;
  // A keeper has shown that it is alive, and nothing else.
  virtual void beaten(instance_id who) = 0;
  // How far a provider has come with what takes long.
  virtual void progressed(instance_id who, providers::progress const& how) = 0;
};

// What a provider says of itself, and whether it could be asked.
struct provider_state {
  named_provider const* who = nullptr;
  providers::description says;
  bool available = false;
  std::string message;
};

class supervisor {
 public:
  explicit supervisor(supervisor_needs needs);
  supervisor(supervisor const&) = delete;
  supervisor& operator=(supervisor const&) = delete;
  // After close().
  ~supervisor();

  // Reads the journal and continues what was under way.
  result<void> begin();
  // Nothing new is begun, what is under way is given up, and all that runs elsewhere goes on.
  task<void> close();

  // Answered when it is kept.
  task<result<instance_id>> ask(lifecycle::fleet_input what);
  // States of others, under keys that no instance has; answered when they are kept.
  task<result<void>> keep(std::vector<journal::state_record> states, journal::purpose why);
  // Refuses from now on whatever would change something, and says why.
  void refuse_changes(std::string why);

  // By id or by name, as kept; null when there is none.
  lifecycle::instance const* find(std::string_view id_or_name) const;
  lifecycle::instance const* find(instance_id id) const;
  std::vector<lifecycle::instance const*> all() const;
  std::uint64_t kept_seq() const;
  std::vector<lifecycle::leak> const& leaks() const;
  lifecycle::fleet_rules const& rules() const;
  // Why nothing new is taken; empty when everything is.
  std::string const& refusing() const;
  // Ends with the next event of that instance, or of any.
  task<void> news_of(instance_id who);
  task<void> news();

  // Null unless its keeper is registered now.
  std::shared_ptr<keeper_client> keeper_of(instance_id who) const;

  // What in its workspace exists nowhere else, whether it runs or not.
  task<result<wire::work_found>> find_work(instance_id who, milliseconds limit);

  std::vector<provider_state> const& providers() const;
  // Asks again what each provider is, and what bears our labels.
  task<void> look_around();
  // Removes what the ledger does not know, after looking that it still does not.
  task<result<void>> remove_leak(lifecycle::leak wanted);

  // Until forgotten again.
  void listen(listener& who);
  void forget(listener& who);

  // For whoever works for it and must have ended before it ends.
  async::scope& tasks();
  journal::journal& journal();

  // What was asked of each provider.
  std::vector<measured_provider const*> measured() const;

  struct counts {
    std::size_t waiting_for_disk = 0;
    std::size_t orders_under_way = 0;
    std::size_t links = 0;
  };
  counts count() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace ostler::supervisor
