// The daemon itself: how it is, what it is, and what stands in its way.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "operations/instance_values.hpp"

namespace ostler::operations {

// passed; failed: something that is needed does not work; absent: something that nothing here needs is not
// there, which is information and no failure.
enum class check_outcome : std::uint8_t { passed, failed, absent };
BOOST_DESCRIBE_ENUM(check_outcome, passed, failed, absent)

struct doctor_check {
  std::string name;
  check_outcome outcome = check_outcome::passed;
  std::string message;
  std::string detail;
  // Commands that mend it.
  std::vector<std::string> hints;
};
BOOST_DESCRIBE_STRUCT(doctor_check, (), (name, outcome, message, detail, hints))

struct doctor_report {
  bool healthy = true;
  std::vector<doctor_check> checks;
};
BOOST_DESCRIBE_STRUCT(doctor_report, (), (healthy, checks))

struct version_told {
  std::string version;
  std::string api;
  std::vector<std::string> features;
};
BOOST_DESCRIBE_STRUCT(version_told, (), (version, api, features))

struct state_count {
  instance_state state = instance_state::defined;
  std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(state_count, (), (state, count))

struct daemon_status {
  // Of this daemon's state directory; the same over restarts.
  std::string daemon;
  version_told version;
  std::int64_t pid = 0;
  wall_time started{};
  std::uint64_t seq = 0;
  std::uint64_t oldest_seq = 0;
  std::string message;
  std::vector<state_count> instances;
  std::uint64_t needs_attention = 0;
  std::uint64_t subscribers = 0;
  // Why nothing new is taken: the disk is full, it is on its way down. Empty: everything is taken.
  std::string refusing;
};
BOOST_DESCRIBE_STRUCT(daemon_status, (),
                      (daemon, version, pid, started, seq, oldest_seq, message, instances, needs_attention,
                       subscribers, refusing))

struct daemon_health {
  bool healthy = true;
  std::string message;
  std::uint64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(daemon_health, (), (healthy, message, seq))

// What was removed, or with `dry_run` would be, and what stays with the reason.
struct removed_thing {
  std::string kind;
  std::string name;
  std::string instance;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(removed_thing, (), (kind, name, instance, reason))

struct removal {
  bool dry_run = false;
  std::vector<removed_thing> removed;
  std::vector<removed_thing> kept;
};
BOOST_DESCRIBE_STRUCT(removal, (), (dry_run, removed, kept))

// An answer that says nothing but yes.
struct done {};
BOOST_DESCRIBE_STRUCT(done, (), ())

}  // namespace ostler::operations
