// The daemon whole: joins the state directory, the journal, the places, the supervisor and the door, and ends
// them in the right order. What runs in instances is touched by neither.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/result.hpp"
#include "control/listeners.hpp"
#include "daemon/state_directory.hpp"
#include "traces/trace_settings.hpp"

namespace ostler::daemon {

struct daemon_options {
  std::string socket;
  // Of the loopback addresses; one that is taken is no reason not to start, then any other is used.
  std::uint16_t port = 0;
  // Instead of both: from systemd.
  std::vector<control::listener> handed_over;
  std::string keeper_program;
  // What keepers and all that they start get of ours, "NAME=value".
  std::vector<std::string> environment;
  // Each of those may have so many; 0 for as many as we may.
  std::uint64_t open_files = 0;
  std::string version;
  // Where it tells of the ways of instances; what is wrong with it is said in the log, and is no reason not
  // to start.
  traces::trace_variables traces;
};

class daemon {
 public:
  // Everything is ready to answer when this returns. Blocks; before the loop runs.
  static result<std::unique_ptr<daemon>> start(boost::asio::io_context& loop, state_directory state,
                                               daemon_options options);
  daemon(daemon const&) = delete;
  daemon& operator=(daemon const&) = delete;
  ~daemon();

  // The door first, then what is under way; then nothing of ours runs on the loop.
  async::task<void> close();

 private:
  struct parts;
  explicit daemon(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace ostler::daemon
