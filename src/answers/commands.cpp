#include "answers/commands.hpp"

#include <utility>

#include "wire/keeper_verbs.hpp"

namespace ostler::answers {

task<result<command_end>> run_in(keeper_ptr keeper, command_in what) {
  supervisor::keeper_stream output(keeper);
  wire::exec_start how{.command = std::move(what.command), .env = {}, .workdir = {}, .user = {}};
  how.out = output.number();
  how.limit = what.limit;
  how.at_limit = wire::on_time_limit::kill;
  how.label = std::move(what.label);
  auto const begun = co_await keeper->ask<wire::exec_started>("exec.start", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  auto printed = co_await output.read_last(what.output_max);
  auto const end = co_await keeper->session_end(begun->session);
  if (!end) co_return std::unexpected(end.error());
  // Nobody will ask for it again; when it cannot be forgotten now, it only stands in the list.
  static_cast<void>(
      co_await keeper->ask<wire::nothing>("session.close", wire::session_named{begun->session}));
  if (!printed) co_return std::unexpected(printed.error());
  co_return command_end{.exit = *end, .out = std::move(*printed)};
}

}  // namespace ostler::answers
