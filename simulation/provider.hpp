// All providers at once, played: they make and unmake things by the names they are given.
//
// An effect and its answer are two happenings, and either can fail to come, come late, or come twice. A call
// that was given up, because it was cancelled or because the daemon died, may still take effect within the
// settle limit, as a killed helper or a closed connection would leave it, and not after that.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/keeper.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {

class provider {
 public:
  using answer_to = std::function<void(instance_id, lifecycle::instance_event)>;

  explicit provider(stage& on) : on_(on) {}

  // Chosen when the instance is made, the same ever after.
  void expect(instance_id who);
  void carry(instance_id who, lifecycle::order const& given, answer_to const& answer);
  void give_up(instance_id who, lifecycle::operation_number number);
  // The daemon is gone: everything it waited for is given up.
  void give_up_all();

  keeper* keeper_of(instance_id who) const;
  std::shared_ptr<keeper> shared_keeper_of(instance_id who) const;
  void kill_keeper(instance_id who, removal how = removal::behind_our_back);
  // Removes one thing of the place behind everybody's back, if there is one.
  void lose_place(instance_id who);
  // Power off and on: no process is left.
  void reboot();
  std::vector<lifecycle::labelled_thing> list_ours() const;

 private:
  struct call {
    bool given_up = false;
    instant given_up_at{};
  };
  struct expectation {
    std::vector<lifecycle::resource_wish> wishes;
  };
  using call_key = std::pair<instance_id, lifecycle::operation_number>;
  using effect = std::function<lifecycle::instance_event()>;

  void play(instance_id who, lifecycle::order const& given, answer_to const& answer, effect act);
  bool may_still_act(call const& one) const;
  lifecycle::instance_event act_make(instance_id who, lifecycle::order const& given);
  lifecycle::instance_event act_launch(instance_id who, lifecycle::order const& given,
                                       std::vector<lifecycle::service_spec> const& services);
  lifecycle::instance_event act_remove(instance_id who, lifecycle::order const& given);
  lifecycle::instance_event act_inspect(instance_id who, lifecycle::order const& given);
  void stop_keeper(instance_id who, lifecycle::order const& given, answer_to const& answer);
  bool place_is_whole(instance_id who) const;
  void end_processes(instance_id who);
  // The keeper and all processes that live in this container.
  void end_inside(instance_id who, std::string const& container, removal how);

  stage& on_;
  std::map<call_key, std::shared_ptr<call>> calls_;
  std::map<instance_id, expectation> expected_;
  std::map<instance_id, std::shared_ptr<keeper>> keepers_;
  std::map<instance_id, std::string> containers_;  // in which the newest keeper lives; empty for none
  std::set<std::pair<instance_id, std::uint32_t>> started_;
};

}  // namespace ostler::simulation
