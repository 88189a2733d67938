// Does a command that the service's owner wrote say that it is well? 0 is yes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "keeper/probes/look.hpp"
#include "lifecycle/service/service.hpp"

namespace ostler::keeper {

// A command under way, with all that it has started.
class running_command {
 public:
  virtual ~running_command() = default;
  running_command(running_command const&) = delete;
  running_command& operator=(running_command const&) = delete;
  // Ends it by force. The handle is let go of right after; whoever started the command sees to what is left.
  virtual void kill() = 0;

 protected:
  running_command() = default;
};

// Calls `done` from the loop, never from within, and not after the handle is gone.
using start_command = std::function<result<std::unique_ptr<running_command>>(
    std::vector<std::string> const& argv, std::function<void(lifecycle::exit_status)> done)>;

class exec_look final : public limited_look {
 public:
  exec_look(loop& on, milliseconds limit, std::vector<std::string> argv, start_command how);
  ~exec_look() override { stop(); }

 protected:
  void start() override;
  void stop() override;
  std::string waited_for() const override;

 private:
  void ended(lifecycle::exit_status status);
  std::string name() const;

  std::vector<std::string> argv_;
  start_command how_;
  std::unique_ptr<running_command> running_;
};

}  // namespace ostler::keeper
