// Commands: started, read and awaited. They go on whoever asks for them or goes away.
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "answers/groups.hpp"
#include "answers/log_cursor.hpp"
#include "answers/session_output.hpp"
#include "answers/sessions.hpp"
#include "async/deadline.hpp"
#include "operations/session_operations.hpp"
#include "system/clock.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

// Of each output, in the answer to the start.
constexpr std::size_t first_lines_max = 2000;

task<void> await_end(keeper_ptr keeper, std::string session, std::optional<result<wire::exit_told>>* into) {
  into->emplace(co_await keeper->session_end(std::move(session)));
}

// Nothing while it runs.
task<result<std::optional<wire::exit_told>>> end_within(keeper_ptr keeper, std::string session,
                                                        milliseconds limit) {
  std::optional<result<wire::exit_told>> end;
  auto waiting = await_end(std::move(keeper), std::move(session), &end);
  static_cast<void>(co_await async::race(limit, std::move(waiting)));
  if (!end) co_return std::optional<wire::exit_told>();
  if (!*end) co_return std::unexpected(end->error());
  co_return std::optional(**end);
}

// Goes on when nobody waits for the command any more.
task<void> feed(std::shared_ptr<supervisor::keeper_stream> into, std::string input) {
  // One that does not read it has ended, or will be killed with it.
  static_cast<void>(co_await into->write(input));
  into->end();
}

task<result<operations::exec_output>> output_of(reached where, output_question asked,
                                                std::optional<wire::exit_told> exit) {
  auto read = co_await read_output(where.keeper, asked);
  if (!read) co_return std::unexpected(std::move(read.error()));
  operations::exec_output out;
  out.session = asked.session;
  out.out = std::move(read->out);
  out.err = std::move(read->err);
  out.truncated = read->truncated;
  out.next_cursor = write_log_cursor({{asked.session, read->position}});
  out.running = !exit;
  out.exit = exit;
  co_return out;
}

task<result<operations::exec_output>> start(answer_needs const* needs, operations::exec_new asked,
                                            control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  wire::exec_start how{.command = std::move(asked.command),
                       .shell = asked.shell,
                       .env = std::move(asked.env),
                       .workdir = asked.workdir,
                       .user = asked.user};
  how.service = asked.service;
  how.limit = asked.limit;
  how.at_limit = asked.at_limit;
  how.label = asked.label;
  std::shared_ptr<supervisor::keeper_stream> input;
  if (!asked.input.empty()) {
    // shared_ptr, because it is written to after the answer.
    input = std::make_shared<supervisor::keeper_stream>(where->keeper);
    how.in = input->number();
  }
  auto const before = system::now();
  auto const begun = co_await where->keeper->ask<wire::exec_started>("exec.start", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  auto const session = begun->session;
  if (input) {
    auto const name = fmt::format("the input of {} in {}", session, where->name);
    if (!needs->middle->tasks().spawn(
            name, [input, text = std::move(asked.input)]() mutable { return feed(input, std::move(text)); }))
      co_return fail(error_code::cancelled, "the daemon is on its way down");
  }
  auto const end = co_await end_within(where->keeper, session, asked.wait);
  if (!end) {
    auto why = end.error();
    why.message =
        fmt::format("{} runs on as a session of {}, and then: {}", session, where->name, why.message);
    co_return std::unexpected(std::move(why));
  }
  auto out =
      co_await output_of(*where, {.session = session, .position = 0, .lines_max = first_lines_max}, *end);
  if (out) out->duration = std::chrono::duration_cast<milliseconds>(system::now() - before);
  co_return out;
}

task<result<operations::exec_output>> read(answer_needs const* needs, operations::exec_query asked,
                                           control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  output_question question{.session = asked.session, .position = 0, .lines_max = asked.lines};
  if (!asked.cursor.empty()) {
    auto const cursor = read_log_cursor(asked.cursor);
    if (!cursor) co_return std::unexpected(cursor.error());
    auto const found = cursor->find(asked.session);
    if (found == cursor->end())
      co_return fail(error_code::text_malformed,
                     fmt::format("the cursor is none of the session {}", asked.session));
    question.position = found->second;
  }
  auto const session = co_await find_session(*where, asked.session);
  if (!session) co_return std::unexpected(session.error());
  auto exit = session->exit;
  if (!exit && asked.wait > milliseconds{}) {
    auto const end = co_await end_within(where->keeper, asked.session, asked.wait);
    if (!end) co_return std::unexpected(end.error());
    exit = *end;
  }
  auto out = co_await output_of(*where, std::move(question), exit);
  // Of one that has ended, nobody has kept when.
  if (out && out->running) out->duration = std::max(milliseconds{}, system::wall_now() - session->opened);
  co_return out;
}

}  // namespace

void bind_exec(control::bindings& into, answer_needs const& needs) {
  into.bind<operations::exec_start>(
      [needs = &needs](auto asked, auto who) { return start(needs, asked, who); });
  into.bind<operations::exec_read>(
      [needs = &needs](auto asked, auto who) { return read(needs, asked, who); });
}

}  // namespace ostler::answers
