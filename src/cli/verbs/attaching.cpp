#include "cli/verbs/attaching.hpp"

#include <array>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/bytes.hpp"
#include "cli/text.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/terminal.hpp"
#include "client/websocket.hpp"
#include "operations/session_operations.hpp"
#include "system/failure.hpp"
#include "wire/json.hpp"

namespace ostler::cli {
namespace {

using operations::terminal_message;
using operations::terminal_message_kind;

// What is typed waits when the other side does not read.
constexpr std::size_t unsent_max = 256UL * 1024;

// ended: what ran there has. left: by the keys, or because we were asked to end. lost: nobody answers any
// more.
enum class attach_end : std::uint8_t { goes_on, ended, left, lost };

class attached {
 public:
  attached(context& with, terminal_call call, client::websocket socket, interrupts signals)
      : with_(&with), call_(std::move(call)), socket_(std::move(socket)), signals_(std::move(signals)) {}

  result<attach_end> run() {
    // What came together with the upgrade makes no descriptor readable any more.
    auto end = show();
    while (end && *end == attach_end::goes_on) end = once();
    return end;
  }
  std::optional<wire::exit_told> const& exit() const { return exit_; }

 private:
  result<attach_end> once() {
    bool const listens = !call_.only_look && !input_ended_ && socket_.unsent() < unsent_max;
    std::array<pollfd, 3> all{{{.fd = socket_.fd(), .events = socket_.poll_events(), .revents = 0},
                               {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = listens ? with_->around().input : -1, .events = POLLIN, .revents = 0}}};
    if (system::uninterrupted([&] { return ::poll(all.data(), all.size(), -1); }) < 0)
      return system::fail_errno("wait for the terminal");
    if (all[1].revents != 0 && !heed_signals()) return leave();
    if (all[2].revents != 0 && !type()) return leave();
    if (auto const sent = socket_.flush(); !sent) return attach_end::lost;
    return show();
  }

  attach_end leave() {
    socket_.close(wire::websocket_close::normal, "left");
    return attach_end::left;
  }

  // False when one of them asks us to end.
  bool heed_signals() {
    for (int number = signals_.take(); number != 0; number = signals_.take()) {
      if (number != SIGWINCH) return false;
      terminal_message const size{.type = terminal_message_kind::resize,
                                  .size = size_of_terminal(with_->around().output)};
      socket_.send_text(wire::to_json(size));
    }
    return true;
  }

  // False when the keys to leave were typed.
  bool type() {
    std::array<char, 4096> typed{};
    auto const count =
        system::uninterrupted([&] { return ::read(with_->around().input, typed.data(), typed.size()); });
    if (count <= 0) {
      input_ended_ = true;
      return true;
    }
    auto const taken = call_.keys.take({typed.data(), static_cast<std::size_t>(count)});
    if (!taken.bytes.empty()) socket_.send_bytes(taken.bytes);
    return !taken.leave;
  }

  result<attach_end> show() {
    for (;;) {
      auto next = socket_.receive();
      if (!next) return attach_end::lost;
      if (!*next) return attach_end::goes_on;
      auto const& message = **next;
      if (message.kind == client::incoming_kind::closed) return exit_ ? attach_end::ended : attach_end::lost;
      if (message.kind == client::incoming_kind::binary) {
        with_->show().out.write(message.data);
        continue;
      }
      auto const told = wire::from_json<terminal_message>(message.data);
      if (!told) return std::unexpected(told.error());
      if (told->type != terminal_message_kind::exited) continue;
      exit_ = told->exit.value_or(wire::exit_told());
      return attach_end::ended;
    }
  }

  // Outlives this.
  context* with_;
  terminal_call call_;
  client::websocket socket_;
  interrupts signals_;
  bool input_ended_ = false;
  std::optional<wire::exit_told> exit_;
};

}  // namespace

result<detach_keys> keys_of(arguments const& call) {
  return detach_keys::parse(call.value("detach-keys").value_or("ctrl-q"));
}

int exit_code_of(std::optional<wire::exit_told> const& how) {
  constexpr int of_signals = 128;
  if (!how) return exit_exec_failed;
  switch (how->how) {
    case wire::ended::code: return how->value;
    case wire::ended::signal: return of_signals + how->value;
    case wire::ended::unknown: return exit_exec_failed;
  }
  return exit_exec_failed;
}

result<int> attach_to(context& with, terminal_call call) {
  auto daemon = with.daemon();
  if (!daemon) return std::unexpected(daemon.error());
  auto const size = size_of_terminal(with.around().output);
  auto socket = (*daemon)->open_websocket<operations::terminals_attach>({.instance = call.instance,
                                                                         .session = call.session,
                                                                         .rows = size.rows,
                                                                         .columns = size.columns,
                                                                         .watch = call.only_look});
  if (!socket) return std::unexpected(socket.error());
  auto signals = interrupts::begin({SIGWINCH, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  auto const again = fmt::format("ostler attach {} {}", printable(call.instance), printable(call.session));
  with.hint(fmt::format("{} leaves it running; {} comes back",
                        call.keys.text().empty() ? "nothing" : call.keys.text(), again));

  std::optional<raw_terminal> raw;
  if (!call.only_look && ::isatty(with.around().input) == 1) {
    auto made = raw_terminal::begin(with.around().input);
    if (!made) return std::unexpected(made.error());
    raw.emplace(std::move(*made));
  }
  attached session(with, std::move(call), std::move(*socket), std::move(*signals));
  auto const end = session.run();
  raw.reset();
  if (!end) return std::unexpected(end.error());
  switch (*end) {
    case attach_end::ended: return exit_code_of(session.exit());
    case attach_end::left: with.note("\nIt goes on: " + again); return exit_done;
    case attach_end::lost:
    case attach_end::goes_on: break;
  }
  return fail(error_code::daemon_unreachable,
              "the connection to the terminal was lost; what runs there goes on", {}, {again});
}

}  // namespace ostler::cli
