// All commands and terminals that clients run in the instance.
//
// Everything here is called on the keeper's thread, from requests or from the loop. Whoever asks answers the
// request himself; what is to be told as an event is on record before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/ledger/held_state.hpp"
#include "keeper/sessions/session.hpp"
#include "keeper/sessions/session_logs.hpp"

namespace ostler::keeper {

class session_table {
 public:
  // Ignores SIGPIPE from now on: a command may close its input at any time.
  explicit session_table(session_needs needs);
  ~session_table();
  session_table(session_table const&) = delete;
  session_table& operator=(session_table const&) = delete;

  // What a keeper before us left: kills what lives of its sessions. Once, before anything is started; also
  // when it left none, because names go on from the last.
  result<void> restore(held_state const& left);

  result<wire::exec_started> start(connection& by, wire::exec_start const& wanted);
  result<void> attach(connection& by, wire::session_attach const& how);
  result<void> resize(connection const& by, wire::session_resize const& how);
  result<void> signal(std::string_view name, int number, bool tree);
  // Its tree ends, and what is kept of it goes.
  result<void> close(std::string_view name);
  std::vector<wire::session_status> list() const;
  // What it printed; until it is forgotten.
  result<std::shared_ptr<log_store>> log(std::string_view name) const;

  // Everything ends, nothing is started any more, and `gone` is called once when nobody is left.
  void close_all(milliseconds grace, std::function<void()> gone);
  // Nobody runs, and nobody is left of those who ran.
  bool empty() const;

  // For the program that takes our place: the descriptors are its own from now on, and this table is only to
  // be destroyed, or to be forgotten by exec.
  handed_sessions hand_over();
  // In the place of restore(). A session that could not be taken is told, and its tree killed.
  result<void> take_over(handed_sessions handed);

 private:
  result<session*> find(std::string_view name) const;
  void use_up(std::uint64_t number);
  session& add(std::string name);
  void remove_log(std::uint64_t number) const;
  void later();
  void tidy();
  void forget_old();
  void look();

  session_needs needs_;
  session_logs logs_;
  std::vector<std::unique_ptr<session>> sessions_;
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::function<void()> gone_;
  alarm tidy_;
  alarm forget_old_;
  alarm look_;
};

}  // namespace ostler::keeper
