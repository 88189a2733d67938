// One service held for real: carries out what its machine orders, and tells the machine what happened.
//
// The machine decides; here nothing is decided. Everything is recorded before it is told, and a spawn is
// recorded before it is made, so that whoever comes after us finds every process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/logs/log_store.hpp"
#include "keeper/logs/pump.hpp"
#include "keeper/probes/notify_message.hpp"
#include "keeper/services/monitor.hpp"
#include "keeper/services/world.hpp"
#include "lifecycle/service/service.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::keeper {

class service_host {
 public:
  struct hooks {
    // All of the environment, as "NAME=value".
    std::function<result<std::vector<std::string>>(service_host const&)> environment;
    // Which port it is to have now.
    std::function<std::uint16_t(service_host const&)> port;
    // Of each process, when the service says nothing of it; 0 is no limit.
    std::function<std::int64_t()> open_files;
    // What others may depend on has changed.
    std::function<void()> changed;
  };

  service_host(world const& shared, wire::service_spec spec, std::uint16_t port, std::uint64_t log_cap,
               hooks what);
  service_host(service_host const&) = delete;
  service_host& operator=(service_host const&) = delete;
  ~service_host() = default;

  wire::service_spec const& spec() const { return spec_; }
  std::string const& name() const { return spec_.name; }
  std::uint16_t port() const { return rules_.port; }
  lifecycle::service const& machine() const { return now_; }
  bool satisfied() const { return lifecycle::satisfied(now_, rules_); }
  // Nothing of it runs, and nothing will start by itself.
  bool at_rest() const;
  // Opened when it was not yet. Shared, because a reader may still be at it when the service is gone.
  result<std::shared_ptr<log_store>> log();
  // Null when nobody has opened it.
  std::shared_ptr<log_store> opened_log() const { return log_; }
  std::vector<pid_t> members() const {
    return group_ ? group_->members().value_or(std::vector<pid_t>{}) : std::vector<pid_t>{};
  }
  bool contains(pid_t pid) const { return group_ && group_->contains(pid); }
  wire::service_status status() const;

  // What the client ordered; recorded.
  void want(bool up);
  // Recorded, for whoever comes after it.
  void note_wanted(bool up);
  // Down, and as wanted as it was.
  void rest();
  // Instead of its own, for the stop that comes or goes on.
  void set_grace(milliseconds grace);
  void needs(lifecycle::needs_changed const& now) { feed(now); }
  // From a former keeper.
  void restore(held_run const& held);
  // Instead of one of this name of which nothing is left. Whoever follows its log goes on with ours.
  void succeed(held_run const& former, std::shared_ptr<log_store> log);
  result<void> signal(int number, bool tree);
  // What the process says of itself through its own doors.
  void notified(notify_message const& said);
  void registered(bool holds);

 private:
  void feed(lifecycle::service_event happened);
  void take(lifecycle::service_event const& happened);
  void carry_out(lifecycle::service_command const& ordered);
  void spawn(std::uint64_t generation);
  result<spawned_process> spawn_process(std::uint64_t generation);
  void stop_signal(std::uint64_t generation);
  void kill_tree();
  // Those that had not ended yet.
  std::vector<std::int64_t> kill_members();
  void check_tree(std::uint64_t generation);
  void keep_exit(lifecycle::write_exit_record const& end);
  void main_ended(lifecycle::process_key process, lifecycle::exit_status status);
  void adopted_ended(bool reaped);
  void look_at_adopted();
  std::uint64_t record(std::string_view fact, lifecycle::process_key process = {},
                       std::uint64_t start_ticks = 0, std::optional<wire::exit_told> exit = std::nullopt,
                       std::string message = {});

  result<side_request> side(std::vector<std::string> command, std::string_view purpose);
  std::int64_t open_files() const;
  result<run_group*> group();
  result<void> open_log();
  result<void> connect_output();
  void adopt(held_run const& held, pid_t pid, std::uint64_t start_ticks);
  bool was_told(std::string_view fact) const;
  // What a former keeper heard of this run, and may not have understood any more.
  void hear_again(std::uint64_t position);
  void spawn_again();
  bool find_alive(held_run const& held, pid_t& pid, std::uint64_t& start_ticks) const;
  void restore_rest(held_run const& held);

  world const& world_;
  wire::service_spec spec_;
  lifecycle::service_rules rules_;
  hooks hooks_;
  std::uint64_t log_cap_;
  lifecycle::service now_;
  std::deque<lifecycle::service_event> events_;
  bool feeding_ = false;
  bool changed_ = false;
  // While it is being taken over from a former keeper: what that one told already is not told again.
  held_run const* former_ = nullptr;
  alarm wake_;
  alarm look_again_;
  // For want of what others may give back.
  alarm spawn_again_;
  milliseconds look_wait_{1};
  std::unique_ptr<run_group> group_;
  bool group_was_killed_ = false;
  std::shared_ptr<log_store> log_;
  std::unique_ptr<pump> out_;
  std::unique_ptr<pump> err_;
  system::fd mark_;
  // What it reads.
  system::fd nothing_;
  std::unique_ptr<monitor> monitor_;
  // Of a process that is not our child.
  watch adopted_;
  alarm look_at_adopted_;
  system::fd adopted_pidfd_;
  std::unique_ptr<side_command> stop_command_;
  std::uint64_t start_ticks_ = 0;
  std::uint64_t recorded_exit_ = 0;
  // Of which run those that outlived the main process were asked to end.
  std::uint64_t rest_asked_ = 0;
  std::optional<wire::exit_told> last_exit_;
};

}  // namespace ostler::keeper
