// A command that is run beside a service, in its place and with its environment: a look whether it is ready,
// or the way to stop it. Its whole tree ends with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "keeper/hold/graveyard.hpp"
#include "keeper/probes/exec_look.hpp"
#include "keeper/services/world.hpp"

namespace ostler::keeper {

struct side_request {
  // Names its run: "web-look".
  std::string name;
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string directory;
  std::optional<spawn_user> user;
  // As for limit_open_files().
  std::int64_t open_files = 0;
};

class side_command final : public running_command {
 public:
  static result<std::unique_ptr<side_command>> start(world const& shared, side_request const& what,
                                                     std::function<void(lifecycle::exit_status)> done);
  ~side_command() override;
  void kill() override { static_cast<void>(group_->kill()); }

 private:
  side_command(world const& shared, std::unique_ptr<run_group> group)
      : world_(shared), group_(std::move(group)) {}
  world const& world_;
  std::unique_ptr<run_group> group_;
  pid_t pid_ = 0;
};

}  // namespace ostler::keeper
