#include "keeper/services/side_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <utility>

#include "system/files.hpp"

namespace ostler::keeper {

result<std::unique_ptr<side_command>> side_command::start(world const& shared, side_request const& what,
                                                          std::function<void(lifecycle::exit_status)> done) {
  // Each gets a place of its own: the former one may not have gone yet.
  auto const run = fmt::format("{}-{}", what.name, ++shared.side_commands);
  auto group = shared.contained.prepare(run, shared.token(run));
  if (!group) return std::unexpected(group.error());
  std::unique_ptr<side_command> made(new side_command(shared, std::move(*group)));
  auto const nothing = system::open_at(AT_FDCWD, "/dev/null", O_RDWR);
  if (!nothing) return std::unexpected(nothing.error());
  std::vector<spawn_limit> limits;
  limit_open_files(limits, what.open_files);
  auto spawned = spawn({.argv = what.command,
                        .environment = what.environment,
                        .directory = what.directory,
                        .input = nothing->get(),
                        .output = nothing->get(),
                        .errors = nothing->get(),
                        .limits = std::move(limits),
                        .oom_score_adjust = shared.oom_score_adjust,
                        .user = what.user,
                        .place = made->group_->place()});
  if (!spawned) return std::unexpected(spawned.error());
  made->pid_ = spawned->pid;
  shared.kids.expect(spawned->pid,
                     [self = made.get(), done = std::move(done)](lifecycle::exit_status status) {
                       self->pid_ = 0;
                       // It may destroy us.
                       done(status);
                     });
  return made;
}

side_command::~side_command() {
  if (pid_ != 0) world_.kids.forget(pid_);
  world_.graves.bury(std::move(group_));
}

}  // namespace ostler::keeper
