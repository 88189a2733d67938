// The keeper whole: joins the parts, and offers them through its door.
//
// Who destroys it without a stop has lost nothing: everything it holds goes on without it, and a successor on
// the same directory finds all of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "keeper/files/workspace.hpp"
#include "keeper/hold/children.hpp"
#include "keeper/hold/containment.hpp"
#include "keeper/hold/escape.hpp"
#include "keeper/ledger/ledger.hpp"
#include "keeper/logs/intake.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/probes/notify_socket.hpp"
#include "keeper/serve/server.hpp"
#include "keeper/services/service_set.hpp"
#include "keeper/sessions/session_table.hpp"
#include "keeper/start/home.hpp"
#include "keeper/whole/succession.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

class keeper {
 public:
  // The directory is ours: open and locked.
  // `handed` by the program that we were before, if we were one.
  static result<std::unique_ptr<keeper>> make(home place, wire::keeper_spec spec, own_pid pid,
                                              std::optional<handed_keeper> handed = std::nullopt);
  keeper(keeper const&) = delete;
  keeper& operator=(keeper const&) = delete;
  ~keeper() = default;

  // Starts what is wanted, then runs until it has stopped and everybody knows, or until it is to be another
  // program: then it has become that one, and comes back only when nothing could be run.
  result<void> run();

 private:
  keeper(home place, wire::keeper_spec spec, ident who, ledger story, containment contained,
         std::optional<workspace> files, std::optional<int> oom_score_adjust);
  result<void> begin(std::optional<handed_keeper> handed);

  void tell();
  void offer_core();
  void offer_services();
  void offer_replacement();
  session_needs needs_of_sessions();
  result<std::vector<std::string>> session_environment(std::vector<std::string> const& own,
                                                       session_user const* user, std::string const& service);
  result<std::shared_ptr<log_store>> log_of(wire::log_read const& asked);
  wire::keeper_status status() const;
  result<void> send_signal(wire::signal_params const& params);
  void stop(std::optional<milliseconds> grace);
  void forget(request const& asked, wire::forget_params const& params);
  void something_changed();
  void tell_limits();
  void leave_if_done();
  void watch_signals();

  home place_;
  wire::keeper_spec spec_;
  ledger story_;
  loop loop_;
  children kids_;
  containment contained_;
  escape_report escaped_;
  graveyard graves_;
  // Of services, and of sessions.
  intake reads_;
  lent_memory memory_;
  world world_;
  server door_;
  notify_socket notices_;
  service_set services_;
  session_table sessions_;
  std::optional<workspace> files_;
  watch signals_watch_;
  system::fd signals_;
  alarm write_again_;
  alarm sync_;
  std::uint64_t told_ = 0;
  // Whether what is to hold for all runs does, as it was said last.
  std::string limits_told_;
  bool sessions_gone_ = false;
  // What to become.
  std::string successor_;
  bool first_time_ = true;
  bool stopped_ = false;
  // Somebody ended us by a signal: nobody will say forget.
  bool leave_when_stopped_ = false;
};

}  // namespace ostler::keeper
