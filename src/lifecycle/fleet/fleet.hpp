// All instances of one daemon: who may be made, whose turn it is, what is numbered and told.
//
// The fleet holds the machines of every instance and of its link, gives each what happened to it, and lets
// them talk to each other within one step. What comes out of a step belongs into one transaction of the
// journal: the instances that changed, the ledger, the events. Only when that is durable may the orders be
// carried out and the answer be given. When the journal refuses, the fleet is thrown away and built again
// from the journal; there is no other way back, and so no second code path for recovery.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lifecycle/instance/events.hpp"
#include "lifecycle/instance/step.hpp"
#include "lifecycle/link/link.hpp"
#include "lifecycle/policy/numbers.hpp"
#include "lifecycle/policy/port_leases.hpp"
#include "lifecycle/policy/quota.hpp"

namespace ostler::lifecycle {

struct fleet_rules {
  numbers limits;
  quota_limits quotas;
  port_range ports;
};

// --- what goes in ---

struct create_asked {
  instance_id id;
  instance_spec spec;
  std::string request_key;
  std::string actor;
  // Also starts it, in the same step: nobody ever finds it made and not begun.
  bool start = false;
};

// Another spec for one that exists; what name, provider and project it has stays.
struct change_asked {
  instance_id id;
  instance_spec spec;
  std::string actor;
  // The version of the spec that this one was made of: a change that somebody else made since is not undone.
  std::optional<std::uint32_t> based_on = std::nullopt;
};

struct for_instance {
  instance_id id;
  instance_event what;
};

struct for_link {
  instance_id id;
  link_event what;
};

// Every instance and link whose time has come.
struct time_passed {};

// The service could not bind its leased port: somebody who is none of ours listens there.
struct port_found_taken {
  instance_id id;
  std::string service;
};

// What a provider says bears our labels. Whatever the ledger does not know is a leak.
struct labelled_thing {
  std::string kind;
  std::string name;
  std::string provider_id;
  bool operator==(labelled_thing const&) const = default;
};
struct ours_listed {
  std::string provider;
  std::vector<labelled_thing> things;
};

struct provider_seen {
  std::string provider;
  bool available = true;
  std::string why;
};

// Whether the journal takes growth, so that it is refused before anything is decided.
struct storage_seen {
  bool full = false;
};

using fleet_input = std::variant<create_asked, change_asked, for_instance, for_link, time_passed,
                                 port_found_taken, ours_listed, provider_seen, storage_seen>;

// --- what comes out ---

struct fleet_event {
  std::uint64_t seq = 0;
  wall_time time;
  instance_id instance;  // empty: about the daemon
  std::string subject;
  std::string type;
  std::string actor;
  std::string from;
  std::string to;
  std::string message;
  std::string reason;
  bool operator==(fleet_event const&) const = default;
};

struct fleet_order {
  instance_id who;
  std::string provider;
  std::variant<order, link_command> what;
};

struct fleet_ledger_change {
  instance_id who;
  ledger_change what;
};

struct fleet_step {
  // For a request: the instance it is about, or why it was refused. For everything else the instance
  // concerned.
  result<instance_id> answer{instance_id{}};
  // Why the event changed nothing, by name.
  std::string_view ignored;
  std::vector<fleet_event> events;
  std::vector<instance_id> changed;  // each once; one that is no longer found was deleted
  std::vector<instance> deleted;     // as they were at the end
  std::vector<fleet_ledger_change> ledger;
  std::vector<fleet_order> orders;
  // Whether the journal may refuse this when the disk is full: true for what makes something new.
  bool growth = false;

  bool must_be_journalled() const { return !events.empty() || !changed.empty() || !ledger.empty(); }
};

// A thing that bears our labels and is not in the ledger.
struct leak {
  std::string provider;
  labelled_thing thing;
  instant seen_first{};
  wall_time seen_first_wall{};
};

struct fleet_counts {
  std::array<std::size_t, 7> in_state{};  // by instance_state
  std::size_t of(instance_state state) const { return in_state.at(static_cast<std::size_t>(state)); }
  bool operator==(fleet_counts const&) const = default;
};

class fleet {
 public:
  explicit fleet(fleet_rules rules);

  // What the journal held, before anything else happens. The last number is the newest event's.
  void load(std::vector<instance> instances, std::uint64_t last_seq);
  // Continues everything that was under way when the daemon ended. Call once after load().
  fleet_step recover(moment const& at);

  fleet_step step(fleet_input const& input, moment const& at);

  // When time_passed is due; nothing when nothing waits.
  std::optional<instant> next_wake() const;

  instance const* find(instance_id id) const;
  instance const* find(std::string_view name) const;
  link const* find_link(instance_id id) const;
  std::size_t size() const { return members_.size(); }
  std::uint64_t last_seq() const { return last_seq_; }
  fleet_counts const& counts() const { return counts_; }
  std::vector<leak> const& leaks() const { return leaks_; }
  fleet_rules const& rules() const { return rules_; }
  std::string_view holder_of_port(std::uint16_t port) const { return ports_.holder(port); }
  // In the order of their ids, which is the order of their age.
  template <class Visitor> void each(Visitor visit) const {
    for (auto const& [id, one] : members_) visit(one.it);
  }

 private:
  struct member {
    instance it;
    link line;
    std::optional<instant> wake;
    std::uint64_t changed_in = 0;  // the round that has it among the changed already
  };

  struct usage {
    std::int64_t amount = 0;
    std::map<instance_id, std::int64_t> holders;
  };

  class allowance_of;

  // One step of many: carries what comes out while machines talk to each other.
  struct round {
    moment at;
    std::uint64_t number = 0;
    fleet_step out;
  };
  round begin(moment const& at) { return {.at = at, .number = ++rounds_, .out = {}}; }

  void take(round& now, create_asked const& asked);
  void take(round& now, change_asked const& asked);
  void take(round& now, for_instance const& happened);
  void take(round& now, for_link const& happened);
  void take(round& now, time_passed const&);
  void take(round& now, port_found_taken const& found);
  void take(round& now, ours_listed const& listed);
  void take(round& now, provider_seen const& seen);
  void take(round& now, storage_seen const& seen);

  result<void> admit(create_asked const& asked) const;
  // What instances are to be, and their ports: fleet_specs.cpp.
  result<void> admit_change(instance const& it, change_asked const& asked) const;
  result<void> lease_anew(instance const& it, instance_spec& wanted, instant now);
  result<void> lease_ports(instance_spec& spec, instant now);
  void release_ports(instance const& it);
  static std::string port_key(instance_spec const& spec, std::string_view service);

  void step_instance(round& now, instance_id id, instance_event const& event);
  void step_link(round& now, instance_id id, link_event const& event);
  void carry(round& now, instance_id id, order const& given);
  void tell_instance(round& now, instance_id id, link_notice const& told);
  void ask_turn(round& now, instance_id id, std::string const& provider);
  void return_turn(round& now, instance_id id, std::string const& provider);

  void account(instance_id who, std::string const& provider, ledger_change const& change);
  void emit(round& now, instance_id who, std::string_view actor, notice told);
  void changed(round& now, instance_id id);
  void set_wake(instance_id id, member& one);
  void forget(round& now, instance_id id);

  fleet_rules rules_;
  std::map<instance_id, member> members_;
  std::map<std::string, instance_id, std::less<>> by_name_;
  std::map<std::string, instance_id, std::less<>> by_request_key_;
  std::set<std::pair<instant, instance_id>> wakes_;
  std::uint64_t rounds_ = 0;
  std::uint64_t last_seq_ = 0;
  fleet_counts counts_;
  // By provider and kind, from the entries of all instances; never counted anew.
  std::map<std::pair<std::string, std::string>, usage> used_;
  port_leases ports_;
  struct turns {
    std::set<instance_id> granted;
    std::deque<instance_id> waiting;
  };
  std::map<std::string, turns, std::less<>> turns_;
  std::vector<leak> leaks_;
  std::map<std::string, std::string, std::less<>> unavailable_;  // provider, why
  bool storage_full_ = false;
};

}  // namespace ostler::lifecycle
