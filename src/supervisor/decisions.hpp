// What is decided is kept, and only then done, told and answered.
//
// The fleet decides at once, and goes on deciding while the disk still works at what it decided before. Its
// orders, its events and its answers wait here until the journal has kept the step they come from, and leave
// in the order in which they were decided. Only orders that look and change nothing are given at once.
// Whoever reads sees what is kept, so that nobody is ever told what a crash could undo.
//
// When the journal refuses a step, everything decided behind it stands on nothing: the fleet is built again
// from what is kept, as after a crash, and the requests that nobody has answered yet are put to it once more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "journal/journal.hpp"
#include "lifecycle/fleet/fleet.hpp"

namespace ostler::supervisor {

// Who acts on what was kept.
class doer {
 public:
  doer() = default;
  doer(doer const&) = delete;
  doer& operator=(doer const&) = delete;
  virtual ~doer() = default;

  virtual void carry_out(lifecycle::fleet_order const& given) = 0;
  // In the order of their numbers.
  virtual void tell(lifecycle::fleet_event const& happened) = 0;
  // Everything under way is given up; what it has done is found again by its name.
  virtual void give_up_all() = 0;
  // The disk can no longer be trusted. What is known can be read until the daemon starts again.
  virtual void stopped_for_good(error const& why) = 0;
};

struct decision_needs {
  lifecycle::fleet_rules rules;
  std::function<moment()> clock;
  // Runs it later on the thread that owns the decisions; may be called from any.
  std::function<void(std::function<void()>)> post;
  // More requests are refused while so many steps wait for the disk.
  std::size_t waiting_max = 4096;
};

class decisions {
 public:
  using answered = std::function<void(result<instance_id>)>;

  // All of them outlive it.
  decisions(journal::journal& kept_in, doer& does, decision_needs needs);
  decisions(decisions const&) = delete;
  decisions& operator=(decisions const&) = delete;
  ~decisions();

  // Reads the journal and continues what was under way.
  result<void> begin();
  // What happened, or, with `told`, what somebody asks for; told exactly once.
  void submit(lifecycle::fleet_input input, answered told = {});
  // States of others, under keys that no instance has, in one order with what is decided. Told exactly once,
  // when they are kept or refused.
  using kept = std::function<void(result<void>)>;
  void keep(journal::transaction states, kept told);
  // When submit(time_passed) is due next.
  std::optional<instant> next_wake() const;

  // As kept.
  lifecycle::instance const* find(instance_id id) const;
  template <class Visitor> void each(Visitor visit) const {
    for (auto const& [id, it] : kept_) visit(*it);
  }
  std::uint64_t kept_seq() const { return kept_seq_; }
  // As decided, for whatever is no promise: leaks, counts, ports.
  lifecycle::fleet const& decided() const { return *fleet_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct waiting_step {
    // Of a request, to put it again.
    std::optional<lifecycle::fleet_input> request;
    answered told;
    lifecycle::fleet_step step;
    std::vector<std::shared_ptr<lifecycle::instance const>> changed;
    std::vector<instance_id> deleted;
    // Of others: nothing was decided.
    std::optional<journal::transaction> beside = {};
    kept beside_told = {};
    bool is_kept = false;
  };

  result<void> build();
  void finish(std::optional<lifecycle::fleet_input> request, lifecycle::fleet_step step, answered told);
  void commit(journal::transaction change);
  void give_to_journal();
  void heard(std::uint64_t epoch, result<void> const& answer);
  void release();
  void let_go(waiting_step done);
  void refused(error const& why);
  void stop_for_good(error const& why);

  journal::journal& journal_;
  doer& doer_;
  decision_needs needs_;
  std::unique_ptr<lifecycle::fleet> fleet_;
  std::deque<waiting_step> waiting_;
  bool releasing_ = false;
  // What was decided in this turn of the loop goes to the journal at its end, and so into one sync.
  std::vector<journal::transaction> decided_now_;
  // Answers of the journal to a fleet that is no more are not listened to.
  std::uint64_t epoch_ = 0;
  std::map<instance_id, std::shared_ptr<lifecycle::instance const>> kept_;
  std::uint64_t kept_seq_ = 0;
  std::optional<error> failed_;
  // What the journal's thread still has to say to nobody.
  std::shared_ptr<decisions*> self_;
};

}  // namespace ostler::supervisor
