// The machine behind step(): one instance, one event. Not for others to include.
//
// It lives for one step. The handlers take in what happened and change what is known; advance() then asks the
// planner again and again until something is under way or there is nothing to do.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/chance.hpp"
#include "lifecycle/instance/plan.hpp"
#include "lifecycle/instance/step.hpp"

namespace ostler::lifecycle {

class machine {
 public:
  machine(instance it, instance_context const& context)
      : context_(context), at_(context.at), rules_(context.rules), it_(std::move(it)) {}

  instance_step run(instance_event const& event);

 private:
  // Requests, and what the fleet tells: machine_requests.cpp.
  void on(start_asked const& e);
  void on(stop_asked const& e);
  void on(restart_asked const& e);
  void on(delete_asked const& e);
  void on(attention_set const& e);
  void on(spec_changed const& e);
  void begin_way_up(std::string const& actor, bool from_rest);
  void begin_way_down(std::string const& actor, bool force);
  void head_down();
  void turn_round();
  void on(recovered const&);
  void on(turn_granted const&);
  void on(tick const&);
  void time_out();

  // Answers to orders, the link and the keeper: machine_answers.cpp.
  bool answers(operation_number number, step_kind step);
  void on(project_resolved const& e);
  void on(workspace_resolved const& e);
  void on(resource_made const& e);
  void on(resource_existed const& e);
  void on(resource_removed const& e);
  void on(hook_done const& e);
  void on(step_failed const& e);
  void on(inspected const& e);
  bool settle(resource& entry, operation_number number);
  bool unsettled(resource& entry);
  void look_again_when_settled(resource& entry);
  void found_foreign(resource const& entry);
  void lost_resource(resource const& missing);
  void lost_keeper(resource& entry);
  void on(contact_made const& e);
  void on(contact_interrupted const& e);
  void on(contact_lost const&);
  void on(contact_failed const& e);
  void on(contact_closed const&);
  void on(services_reported const& e);
  void on(place_doubted const& e);
  std::string reason_of(service_view const& view) const;
  void tell_of_service(service_view const& view);
  void tell_of_the_gone(std::vector<service_view> const& views);
  void settle_services();

  // Going on, and failing: machine_progress.cpp.
  void failed_step(step_kind step, resource_id which, error const& why, bool retryable);
  void ask_again_later();
  void count_failure(error const& why, bool retryable);
  void fail_start(error why, phase ending);
  void failed_removal(resource_id which, error const& why);
  void advance();
  bool waiting() const { return it_.retry_at && *it_.retry_at > at_.now; }
  bool arrive();
  bool try_removal_again();
  void give_up_removal();
  void fail_for_leftovers(std::string_view residue);
  bool begin(planned_step const& next);
  void enter_for(step_kind step);
  bool wait_for_turn();
  bool settled(planned_step const& next, bool removes);
  void give_order(step_kind step, std::size_t index);
  void skip_hook(bool& done);

  // The ledger and small things: machine.cpp.
  result<std::size_t> add_resource(planned_step const& next);
  void hold(resource& entry, std::string const& provider_id);
  void release(resource const& entry, std::string_view reason);
  void release_the_dead();
  void keeper_is_gone(std::string_view state);
  void enter(phase next, std::string reason);
  static std::string_view event_type(instance_state state);
  void tell(notice told);
  void cancel();
  bool end_operation(operation_number number, bool (*fits)(step_kind));
  void give_turn_back();
  void tell_trouble(std::string text);
  void insist();
  void doubt_everything();
  void forget_removal_failures();
  bool has_keeper() const { return std::ranges::any_of(it_.resources, &resource::is_keeper); }
  resource* find(resource_id which);
  void refuse(std::string_view verb);
  void ignore(std::string_view why) { out_.ignored = why; }
  std::uint64_t luck(std::uint64_t salt) const { return scramble(at_.luck ^ scramble(salt)); }
  std::optional<instant> next_wake() const;
  instance_context const& context_;
  moment const& at_;
  numbers const& rules_;
  instance it_;
  std::string actor_;
  instance_step out_{};
};

}  // namespace ostler::lifecycle
