// The roster with time and connections: one timer for all links, a coroutine for each connection, and
// dialling for those that we dial. What can be asked is asked of the roster itself.
//
// It belongs to the loop's thread. To bind it: serve() is the conversation of `agents.connect`, watch() that
// of `agents.subscribe`, start() answers `agents.start`; all others are methods of roster().
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agents/roster.hpp"
#include "agents/text_socket.hpp"
#include "agents/watchers.hpp"
#include "async/bell.hpp"
#include "async/scope.hpp"
#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::agents {

// One attempt to reach an agent server. Cancelled when it takes longer than the limit to register.
using dialer = std::function<async::task<result<std::unique_ptr<text_socket>>>()>;

class links final : private world {
 public:
  // The moment, and 64 random bits: the owner reads the clocks.
  using clock = std::function<moment()>;

  links(async::home where, clock what_time, async::scope::reporter report, roster_rules const& rules);
  links(links const&) = delete;
  links& operator=(links const&) = delete;
  // After close().
  ~links() override;

  agents::roster& roster() { return roster_; }

  // The whole conversation with an agent that dialled us: its first text is `register`. Returns when the
  // connection is over. The socket outlives the task.
  async::task<void> serve(text_socket* socket, owner who);

  // Dials, and dials again by the rules, until it is forgotten or lost.
  agent_number connect(outbound_agent what, dialer dial);
  // As those of the roster.
  void resume(agent_number which);
  void stop(agent_number which);
  // Its instance is gone.
  void forget(agent_number which);

  // As the roster, but waits for the agent to register as long as `work.wait` says. An agent server that is
  // not dialled any more is dialled again; when that fails too, it is not waited for longer.
  async::task<result<operations::task>> start(viewer who, operations::agent_work work);

  // What happens from now on, each as JSON. See watchers for the taker.
  result<watcher_number> watch(viewer who, operations::agent_subscription wanted, watchers::taker take);
  void unwatch(watcher_number which) { watchers_.remove(which); }
  // Hears everything, for the journal or the log; also heartbeats, when a watcher wants them.
  void on_event(std::function<void(operations::agent_event const&)> hear) { hear_ = std::move(hear); }

  // Hangs up on all and waits until nothing runs; then nothing of it may be used but the destructor.
  async::task<void> close(milliseconds grace);

 private:
  moment now() override { return clock_(); }
  std::string new_agent_id() override;
  std::string new_session_id() override;
  void dial(stream_key stream) override;
  void tell(operations::agent_event const& what, place const& where) override;
  bool wants_heartbeats() const override { return watchers_.wants_heartbeats(); }

  async::task<void> keep_time();
  // The timer looks again when something is due earlier than it knew.
  void look_at_time();
  async::task<void> dialled(stream_key stream, std::shared_ptr<dialer> dial, milliseconds limit);
  async::task<void> converse(text_socket* socket, stream_key stream);
  async::task<result<stream_key>> await_registration(text_socket* socket, owner who);

  clock clock_;
  watchers watchers_;
  std::function<void(operations::agent_event const&)> hear_;
  // shared_ptr: an attempt that is under way needs its dialer although the agent was forgotten meanwhile.
  std::map<agent_number, std::shared_ptr<dialer>> dialers_;
  // Until connect() knows the number of the agent that it begins.
  std::shared_ptr<dialer> beginning_;
  milliseconds registered_limit_;
  boost::asio::steady_timer timer_;
  // What the timer waits for.
  std::optional<instant> armed_;
  bool closing_ = false;
  async::bell changed_;
  async::scope running_;
  agents::roster roster_;
};

}  // namespace ostler::agents
