// The messages of the keeper link, each a JSON object in a control frame. The keeper is the server.
//
//   keeper  registered           first, unasked
//   client  hello                then the keeper tells what happened after `after_seq`, and goes on telling
//   client  request              {"id":7,"verb":"service.start","params":{…}}
//   keeper  answer               {"id":7,"result":{…}} or {"id":7,"error":{…}}
//   keeper  event                {"type":"event","seq":…}: what happened, numbered without gaps
//   both    heartbeat
//
// The core is frozen: registered, hello, heartbeat, events with their exits, and the verbs status, signal,
// stop and forget. A keeper of any release can be seen and stopped by any later daemon. Whatever is newer is
// announced as a feature by name; keys that one side does not know are skipped by it.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/instant.hpp"

namespace ostler::wire {

struct keeper_facts {
  std::string version;
  std::vector<std::string> features;
  std::int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(keeper_facts, (), (version, features, pid))

struct registered {
  std::string type = "registered";
  std::string instance;
  std::uint64_t generation = 0;
  keeper_facts keeper;
  std::string boot_id;
  // Of this generation's keeper on this directory; whoever replaces a killed one bears the same.
  std::string nonce;
  // The last event, the oldest that can still be told, and the last one of the generation before: numbers go
  // on over generations where the directory is the same.
  std::uint64_t seq = 0;
  std::uint64_t oldest_seq = 0;
  std::uint64_t began_seq = 0;
};
BOOST_DESCRIBE_STRUCT(registered, (),
                      (type, instance, generation, keeper, boot_id, nonce, seq, oldest_seq, began_seq))

struct hello {
  std::string type = "hello";
  std::string token;
  std::uint64_t after_seq = 0;
  std::vector<std::string> features;
};
BOOST_DESCRIBE_STRUCT(hello, (), (type, token, after_seq, features))

struct heartbeat {
  std::string type = "heartbeat";
  std::uint64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(heartbeat, (), (type, seq))

// An agent inside the instance says that it is there. No token: the kernel says which process speaks.
struct agent_register {
  std::string type = "register";
  std::string name;
};
BOOST_DESCRIBE_STRUCT(agent_register, (), (type, name))

// error {message} from an agent.
struct agent_error {
  std::string type = "error";
  std::string message;
};
BOOST_DESCRIBE_STRUCT(agent_error, (), (type, message))

// What everything that arrives is first read as, to see what it is.
struct any_message {
  std::string type;
  std::optional<std::uint64_t> id;
  std::string verb;
};
BOOST_DESCRIBE_STRUCT(any_message, (), (type, id, verb))

struct told_error {
  std::string code;
  std::string name;
  std::string message;
  std::string detail;
  std::vector<std::string> hints;
};
BOOST_DESCRIBE_STRUCT(told_error, (), (code, name, message, detail, hints))
told_error told(error const& value);
// A code that this side does not know becomes link_failed with the text kept.
error heard(told_error const& value);

// How a process ended. What could not be observed is `unknown`, never 0.
enum class ended { code, signal, unknown };
BOOST_DESCRIBE_ENUM(ended, code, signal, unknown)

struct exit_told {
  ended how = ended::unknown;
  int value = 0;
  // It was asked to end.
  bool asked = false;
  // The kernel ended it for want of memory.
  bool oom = false;
};
BOOST_DESCRIBE_STRUCT(exit_told, (), (how, value, asked, oom))

// What happened, and at the same time the record of it on disk. `fact` is one of
//   keeper.started adopted replaced stopping stopped
//   service.starting ready running not_ready stopping stopped error restarting
//   service.wanted unwanted     what the client ordered
//   service.outdated renewed    it is to run otherwise; the one that does so has taken its place
//   service.removed             nothing is left of one that the spec no longer has
//   process.intended spawned failed exited
//   port.allotted refused
//   limits.set                  whether what is to hold for all runs together does, when that has changed
//   session.opened closed       agent.registered gone error
//   events.dropped              instead of what was older and is no longer kept
struct keeper_event {
  std::string type = "event";
  std::uint64_t seq = 0;
  wall_time at{};
  std::string fact;
  // Whom it is about: at most one of the two.
  std::string service;
  std::string session;
  // Which run of it, and its main process.
  std::uint64_t run = 0;
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint16_t port = 0;
  std::optional<exit_told> exit;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(keeper_event, (),
                      (type, seq, at, fact, service, session, run, pid, start_ticks, port, exit, message))

// Core verbs.

// To the main process of a service or session, or to all of its tree.
struct signal_params {
  std::string service;
  std::string session;
  // "TERM" or "15".
  std::string signal;
  bool tree = false;
};
BOOST_DESCRIBE_STRUCT(signal_params, (), (service, session, signal, tree))

// Everything is to end, and nothing to start again. Answered at once; keeper.stopped tells that nothing is
// left.
struct stop_params {
  // Instead of each service's own grace.
  std::optional<milliseconds> grace;
};
BOOST_DESCRIBE_STRUCT(stop_params, (), (grace))

// Everything up to the number is kept elsewhere now and need not be told again. A keeper that has stopped and
// has nothing left to tell ends.
struct forget_params {
  std::string nonce;
  std::uint64_t through_seq = 0;
};
BOOST_DESCRIBE_STRUCT(forget_params, (), (nonce, through_seq))

struct service_status {
  std::string name;
  // idle, starting, running, stopping, stopped, error
  std::string state;
  bool wanted = false;
  bool ready = false;
  std::uint64_t run = 0;
  std::int64_t pid = 0;
  std::uint16_t port = 0;
  // "Running :3001", and why it is not where it is wanted.
  std::string message;
  std::string detail;
  // STATUS= of sd_notify.
  std::string says;
  std::optional<told_error> error;
  std::optional<exit_told> last_exit;
  // Processes that are left although they were killed.
  std::vector<std::int64_t> remaining;
  // By what each limit is held: "memory: cgroup1".
  std::vector<std::string> limits;
  std::int64_t memory_bytes = 0;
  std::int64_t cpu_ms = 0;
  std::int64_t processes = 0;
  // Where in its log the output of the newest run begins, and that of the one before; the same when there was
  // none before, nothing when there was none at all.
  std::optional<std::uint64_t> log_begin;
  std::optional<std::uint64_t> log_begin_before;
};
BOOST_DESCRIBE_STRUCT(service_status, (),
                      (name, state, wanted, ready, run, pid, port, message, detail, says, error, last_exit,
                       remaining, limits, memory_bytes, cpu_ms, processes, log_begin, log_begin_before))

struct session_status {
  std::string session;
  // What whoever opened it called it.
  std::string label;
  std::vector<std::string> command;
  bool terminal = false;
  bool running = false;
  std::int64_t pid = 0;
  int viewers = 0;
  wall_time opened{};
  std::optional<exit_told> exit;
};
BOOST_DESCRIBE_STRUCT(session_status, (),
                      (session, label, command, terminal, running, pid, viewers, opened, exit))

// What this place can do, and what it does in its stead.
struct ability {
  std::string what;
  bool full = false;
  std::string how;
};
BOOST_DESCRIBE_STRUCT(ability, (), (what, full, how))

struct keeper_status {
  std::string instance;
  std::uint64_t generation = 0;
  keeper_facts keeper;
  std::uint64_t seq = 0;
  std::uint64_t forgotten_seq = 0;
  bool stopping = false;
  std::vector<service_status> services;
  std::vector<session_status> sessions;
  std::vector<ability> abilities;
  // Of all runs together, each limit that was asked for: whether it holds, how high and by what, or why not.
  std::vector<ability> limits;
};
BOOST_DESCRIBE_STRUCT(keeper_status, (),
                      (instance, generation, keeper, seq, forgotten_seq, stopping, services, sessions,
                       abilities, limits))

}  // namespace ostler::wire
