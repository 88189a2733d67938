#include "keeper/probes/exec_look.hpp"

#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::keeper {

exec_look::exec_look(loop& on, milliseconds limit, std::vector<std::string> argv, start_command how)
    : limited_look(on, limit), argv_(std::move(argv)), how_(std::move(how)) {}

std::string exec_look::name() const { return in_quotes(argv_.empty() ? std::string_view() : argv_.front()); }

std::string exec_look::waited_for() const { return fmt::format("{} has not ended", name()); }

void exec_look::start() {
  auto started = how_(argv_, [this](lifecycle::exit_status status) { ended(status); });
  if (!started) return finish_no(started.error().message);
  running_ = *std::move(started);
}

void exec_look::stop() {
  if (!running_) return;
  running_->kill();
  running_.reset();
}

void exec_look::ended(lifecycle::exit_status status) {
  // Over: there is nothing to kill. The handle may be the one who calls us, so that it goes last.
  auto const over = std::move(running_);
  if (status.success()) return finish_yes();
  finish_no(fmt::format("{} {}", name(), lifecycle::text(status)));
}

}  // namespace ostler::keeper
