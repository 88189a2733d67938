// One command or terminal, from its start until nothing of it is left.
//
//   running ──main process ends──▶ ended ──output read, group empty, or killed after the grace──▶ closed
//
// Its end is on record before its process is reaped. It is closed when all its output was read and nobody of
// its run is left; what outlives the main process by more than the grace is killed. Where even that does not
// help, the record names who is left, and it is tried again for as long as they live.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "keeper/ledger/held_state.hpp"
#include "keeper/sessions/session_needs.hpp"
#include "keeper/sessions/session_output.hpp"

namespace ostler::keeper {

class session {
 public:
  // `later` asks for a call of sweep() when nobody is in the middle of anything.
  session(session_needs const& needs, std::string name, std::function<void()> later);
  ~session();
  session(session const&) = delete;
  session& operator=(session const&) = delete;

  // Nothing of it is left when it fails; if it was on record by then, so is that.
  result<void> start(connection& by, wire::exec_start const& wanted);
  // Of a keeper that was killed: its descriptors are gone, and what lives of it is killed.
  void restore(held_run const& held);
  handed_session hand_over();
  // When it fails, what lives of it is killed.
  result<void> take_over(handed_session handed);

  result<void> attach(connection& by, wire::session_attach const& how);
  result<void> resize(connection const& by, wire::terminal_size size);
  result<void> signal(int number, bool tree);
  // Its tree ends: asked to, and killed after the grace.
  void end(milliseconds grace);
  void sweep();
  // For a kind of containment that must look.
  void look();

  std::shared_ptr<log_store> const& log() const { return log_; }
  std::string const& name() const { return name_; }
  std::int64_t pid() const { return pid_; }
  bool closed() const { return closed_at_.has_value(); }
  instant closed_at() const { return closed_at_.value_or(instant()); }
  // Closed, and nobody of it is left.
  bool gone() const { return closed() && !group_; }
  wire::session_status status() const;
  // To be let go of when it is gone.
  bool forget = false;

 private:
  struct preparation;
  result<preparation> prepare(wire::exec_start const& wanted) const;
  result<void> open_log();
  result<void> open_group(bool anew);
  result<void> resume(handed_session handed);
  result<void> launch(preparation& with);
  void failed(error const& why);
  void exited(lifecycle::exit_status status);
  void limit_reached();
  void step();
  void clear();
  bool nobody_left();
  bool let_go();
  std::string leftovers(result<kill_outcome> const& killed);
  void close(std::string message);
  std::uint64_t record(wire::keeper_event event);
  void record_exit();
  output_needs output_for();
  std::string run_name() const;
  void expect_end();

  session_needs const& needs_;
  std::string name_;
  std::function<void()> later_;
  std::vector<std::string> command_;
  std::string label_;
  wall_time opened_{};
  std::optional<wire::terminal_size> terminal_;
  std::int64_t pid_ = 0;
  std::uint64_t start_ticks_ = 0;
  std::unique_ptr<run_group> group_;
  // Shared, because a reader may still be at it when the session is forgotten.
  std::shared_ptr<log_store> log_;
  std::unique_ptr<session_output> output_;
  std::optional<wire::exit_told> exit_;
  // Nobody saw it end, and it is on record when nobody is left.
  bool exit_untold_ = false;
  // By us.
  bool asked_ = false;
  bool ending_ = false;
  wire::on_time_limit at_limit_ = wire::on_time_limit::detach;
  // Why it was not left alive.
  std::string trouble_;
  // When its group is killed.
  std::optional<instant> kill_at_;
  int kill_tries_ = 0;
  std::optional<instant> closed_at_;
  alarm limit_;
  alarm step_;
};

}  // namespace ostler::keeper
