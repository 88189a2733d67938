// All agents and extension services, in both directions: those that dialled us, and those that we dial. One
// link machine for each; here what they say and what is asked of them is fed to it, and what it orders is
// done.
//
// No I/O and no clock of its own: connections are ports, moments and dialling belong to the `world`. So a
// test plays ten thousand agents with a false clock. Everything runs on one thread; what is told to the world
// is told at the end of a call, so that it may ask back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agents/incoming.hpp"
#include "agents/text_port.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "lifecycle/link/link.hpp"
#include "operations/agent_operations.hpp"
#include "operations/agent_values.hpp"

namespace ostler::agents {

using agent_number = std::uint64_t;

// One connection of one agent; a later one has another attempt.
struct stream_key {
  agent_number agent = 0;
  std::uint64_t attempt = 0;
  bool operator==(stream_key const&) const = default;
};

// Where an agent belongs: an instance, or none.
struct place {
  instance_id id;
  std::string name;
  bool operator==(place const&) const = default;
};

// Who registers: an agent of the same name and the same owner is the same agent.
struct owner {
  std::string actor;
  place in;
  bool operator==(owner const&) const = default;
};

// Who asks: one instance sees only its own agents; the empty id sees all.
struct viewer {
  instance_id only;
  bool sees(place const& where) const { return !only || only == where.id; }
};

struct outbound_agent {
  std::string name;
  std::string service;
  place in;
  std::vector<std::string> capabilities;
  lifecycle::link_rules rules;
};

struct roster_rules {
  lifecycle::link_rules link;
  std::size_t agents_max = 20'000;
  // Of one agent; the oldest are forgotten.
  std::size_t sessions_max = 256;
};

class world {
 public:
  world() = default;
  world(world const&) = delete;
  world& operator=(world const&) = delete;
  virtual ~world() = default;

  virtual moment now() = 0;
  // Never used twice.
  virtual std::string new_agent_id() = 0;
  virtual std::string new_session_id() = 0;
  // Answered by opened() or failed(), also when it takes long.
  virtual void dial(stream_key stream) = 0;
  // `where` is for whoever may see only one instance.
  virtual void tell(operations::agent_event const& what, place const& where) = 0;
  // Whether anybody listens to heartbeats; else they are not told.
  virtual bool wants_heartbeats() const = 0;
};

class roster {
 public:
  // The world must outlive it.
  roster(world& around, roster_rules const& rules);

  // --- agents that dialled us ---

  // The port is used until closed() is called for the stream. A name that is taken by a connection of the
  // same owner: that one is replaced. Refusals: name_invalid, name_taken, limit_reached.
  result<stream_key> register_agent(text_port& port, owner who, operations::agent_register const& what);

  // --- agents that we dial ---

  agent_number want(outbound_agent what);
  // Dials now: one that is over, and one that would wait for its next attempt.
  void resume(agent_number which);
  // Until it is resumed; it stays to be seen.
  void stop(agent_number which);
  // Gone without a trace: its instance is gone.
  void forget(agent_number which);
  // Nothing when it is not known, or not any more.
  std::optional<operations::agent_state> state(agent_number which) const;
  // An answer to dial().
  void opened(stream_key stream, text_port& port);
  void failed(stream_key stream, std::string_view why);

  // --- both ---

  // False when the connection is to be given up; it was closed then.
  bool heard(stream_key stream, std::string_view text);
  // The connection has ended; its port is not used again. Late and repeated calls change nothing.
  void closed(stream_key stream, std::string_view why);

  // When wake() is due.
  std::optional<instant> next_wake() const;
  void wake();

  // --- what can be asked ---

  operations::agent_list list(viewer who, operations::agent_filter const& filter) const;
  result<operations::agent> get(viewer who, std::string_view agent) const;
  result<operations::agent_status> status(viewer who, std::string_view agent) const;
  result<operations::agent_healthy> is_healthy(viewer who, std::string_view agent) const;
  operations::agent_count count(viewer who) const;
  operations::agent_health health_check(viewer who) const;
  result<operations::agent> stop(viewer who, std::string_view agent);
  operations::agent_list stop_all(viewer who);
  result<operations::agent> heartbeat(viewer who, std::string_view agent);
  result<operations::agent> report_error(viewer who, operations::agent_trouble const& what);
  // not_registered_in_time when the agent is known and not registered now: who can wait asks again.
  result<operations::task> start(viewer who, operations::agent_work const& work);
  // Of the agents that could take the work: one that we dial, and do not dial any more.
  std::optional<agent_number> given_up(viewer who, operations::agent_work const& work) const;
  // Whether a subscription may be made: its agent and its session are known.
  result<void> check(viewer who, operations::agent_subscription const& wanted) const;

  std::size_t size() const { return agents_.size(); }

 private:
  struct entry {
    agent_number number = 0;
    // What does not follow from the link.
    operations::agent told;
    owner of;
    lifecycle::link link;
    lifecycle::link_rules rules;
    text_port* port = nullptr;
    std::uint64_t port_attempt = 0;
    // What `down` means: it was stopped, or it never came up.
    operations::agent_state down_as = operations::agent_state::stopped;
    error_code failure = error_code::link_failed;
    std::optional<instant> scheduled;
    std::deque<std::string> sessions;
  };
  // Tells the world at the end of a call.
  class telling {
   public:
    explicit telling(roster& whose) : whose_(whose) {}
    telling(telling const&) = delete;
    telling& operator=(telling const&) = delete;
    ~telling() { whose_.tell_all(); }

   private:
    roster& whose_;
  };

  entry* current(stream_key stream);
  result<agent_number> number_of(viewer who, std::string_view agent) const;
  result<entry*> find(viewer who, std::string_view agent);
  result<entry const*> find(viewer who, std::string_view agent) const;
  result<entry*> find_worker(viewer who, operations::agent_work const& work);
  entry* find_named(place const& in, std::string_view name);
  entry& add(owner of, std::string_view name);
  // Whatever it would wait for has come.
  void end_waiting(entry& one);
  // Its machine waits for a connection when it is given.
  result<entry*> entry_for(owner const& who, operations::agent_register const& what);
  void erase(agent_number which);
  // Room for one more, made of those that are over.
  bool make_room();

  void feed(entry& one, lifecycle::link_event const& happened);
  void feed(entry& one, lifecycle::link_event const& happened, moment const& when);
  void carry_out(entry& one, lifecycle::link_command const& ordered);
  void note(entry& one, lifecycle::link_notice const& fact, moment const& when);
  void reschedule(entry& one);
  void end(entry& one);
  // Each says whether the connection goes on.
  bool take(entry& one, operations::agent_heartbeat const& said);
  bool take(entry& one, operations::agent_message const& said);
  bool take(entry& one, operations::agent_error const& said);
  bool take(entry& one, operations::agent_register const& said);
  bool take(entry& one, operations::agent_unregister const& said);
  bool take(entry& one, said_registered said);
  bool refuse(entry& one, std::string_view why);
  static void drop_port(entry& one, parting how, std::string_view why);

  static operations::agent_state state_of(entry const& one);
  void tell_all();
  static bool is_over(entry const& one);
  static bool is_well(entry const& one);
  std::string message_of(entry const& one) const;
  operations::agent shown(entry const& one) const;
  operations::agent_event event_of(entry const& one, operations::agent_event_kind kind, wall_time time) const;
  void tell(entry const& one, operations::agent_event what) {
    untold_.emplace_back(std::move(what), one.of.in);
  }
  void tell_change(entry const& one, operations::agent_state before, wall_time time);

  world& world_;
  roster_rules rules_;
  agent_number last_ = 0;
  // An entry stays where it is.
  std::unordered_map<agent_number, entry> agents_;
  std::map<std::string, agent_number, std::less<>> by_id_;
  std::multimap<std::string, agent_number, std::less<>> by_name_;
  // Those that are over, the oldest first; some may have come back since.
  std::deque<agent_number> over_;
  std::set<std::pair<instant, agent_number>> wakes_;
  std::deque<std::pair<operations::agent_event, place>> untold_;
  bool is_telling_ = false;
};

}  // namespace ostler::agents
