// Terminals and ports over a WebSocket: bytes both ways between a client and a keeper.
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "answers/asked.hpp"
#include "answers/first_end.hpp"
#include "answers/groups.hpp"
#include "answers/sessions.hpp"
#include "operations/file_operations.hpp"
#include "operations/session_operations.hpp"
#include "wire/json.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

using control::close_code;
using control::message_kind;
using control::peer_socket;
using operations::terminal_message;
using operations::terminal_message_kind;

// Until the keeper has nothing more, or nobody takes it any more.
task<void> give_bytes(supervisor::keeper_stream* from, peer_socket* to) {
  for (;;) {
    auto piece = co_await from->read();
    if (!piece) {
      to->close(close_code::try_again, piece.error().message);
      co_return;
    }
    if (!*piece) co_return;
    control::message bytes{.kind = message_kind::binary, .data = std::move(**piece)};
    if (!co_await to->send(std::move(bytes))) co_return;
  }
}

// --- ports ---

task<void> take_bytes(peer_socket* from, supervisor::keeper_stream* into) {
  for (;;) {
    auto const got = co_await from->receive();
    if (!got || !*got) break;
    if ((*got)->kind != message_kind::binary) {
      from->close(close_code::unsupported, "a port takes binary messages");
      break;
    }
    if (!co_await into->write((*got)->data)) break;
  }
  into->end();
}

task<void> forward(std::shared_ptr<supervisor::keeper_stream> stream, peer_socket* with) {
  auto there = give_bytes(stream.get(), with);
  auto here = take_bytes(with, stream.get());
  co_await first_end(std::move(there), std::move(here));
}

task<result<control::conversation>> open_forward(answer_needs const* needs, operations::port_named asked,
                                                 control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  // shared_ptr, because whoever holds the conversation may let go of it before its coroutine has ended.
  auto stream = std::make_shared<supervisor::keeper_stream>(where->keeper);
  wire::port_forward how{.port = asked.port, .stream = stream->number()};
  auto const done = co_await where->keeper->ask<wire::nothing>("ports.forward", how);
  if (!done) co_return std::unexpected(done.error());
  co_return control::conversation([stream](peer_socket* with) { return forward(stream, with); });
}

task<result<operations::port_list>> list_ports(answer_needs const* needs, operations::instance_named asked,
                                               control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  auto const all = co_await where->keeper->ask<wire::listening_list>("ports.list", wire::nothing{});
  if (!all) co_return std::unexpected(all.error());
  operations::port_list out;
  for (auto const& each : all->listeners)
    out.ports.push_back({.address = each.address,
                         .port = each.port,
                         .pid = each.pid,
                         .service = each.service,
                         .url = fmt::format("http://127.0.0.1:{}", each.port)});
  co_return out;
}

// --- terminals ---

// One client at one terminal.
class view {
 public:
  view(reached where, operations::terminal_view asked)
      : where_(std::move(where)), asked_(std::move(asked)), out_(where_.keeper) {
    if (!asked_.watch) in_ = std::make_unique<supervisor::keeper_stream>(where_.keeper);
  }
  view(view const&) = delete;
  view& operator=(view const&) = delete;
  ~view() = default;

  task<result<void>> begin() {
    wire::session_attach how{.session = asked_.session, .out = out_.number()};
    if (in_) {
      how.in = in_->number();
      how.terminal = wire::terminal_size{.rows = asked_.rows, .columns = asked_.columns};
    }
    auto const done = co_await where_.keeper->ask<wire::nothing>("session.attach", std::move(how));
    if (!done) co_return std::unexpected(done.error());
    auto const seen = co_await find_session(where_, asked_.session);
    if (!seen) co_return std::unexpected(seen.error());
    viewers_ = seen->viewers;
    co_return result<void>{};
  }

  task<void> talk(peer_socket* with) {
    terminal_message first{.type = terminal_message_kind::attached,
                           .session = asked_.session,
                           .size = wire::terminal_size{.rows = asked_.rows, .columns = asked_.columns},
                           .viewers = viewers_};
    if (!co_await tell(with, std::move(first))) co_return;
    auto shows = show(with);
    auto hears = hear(with);
    co_await first_end(std::move(shows), std::move(hears));
  }

 private:
  static task<bool> tell(peer_socket* with, terminal_message what) {
    control::message text{.kind = message_kind::text, .data = wire::to_json(what)};
    auto const sent = co_await with->send(std::move(text));
    co_return sent.has_value();
  }

  task<void> show(peer_socket* with) {
    co_await give_bytes(&out_, with);
    if (with->closed()) co_return;
    // Its output ends a moment before its end is told.
    auto const end = co_await where_.keeper->session_end(asked_.session);
    terminal_message last{.type = terminal_message_kind::exited, .session = asked_.session};
    last.exit = end.value_or(wire::exit_told{});
    if (co_await tell(with, std::move(last))) with->close(close_code::normal, "the session has ended");
  }

  task<void> hear(peer_socket* with) {
    for (;;) {
      auto const got = co_await with->receive();
      if (!got || !*got) co_return;
      auto const& said = **got;
      if (said.kind == message_kind::binary) {
        // Who only watches types for nothing.
        if (in_ && !co_await in_->write(said.data)) co_return;
        continue;
      }
      auto const order = wire::from_json<terminal_message>(said.data);
      if (!order) {
        with->close(close_code::policy, order.error().message);
        co_return;
      }
      if (!asked_.watch) co_await obey(with, *order);
    }
  }

  task<void> obey(peer_socket* with, terminal_message order) {
    if (order.type == terminal_message_kind::resize && order.size) {
      wire::session_resize how{.session = asked_.session, .terminal = *order.size};
      auto const done = co_await where_.keeper->ask<wire::nothing>("session.resize", std::move(how));
      if (!done) co_return;
      terminal_message told{.type = terminal_message_kind::resized, .session = asked_.session};
      told.size = order.size;
      static_cast<void>(co_await tell(with, std::move(told)));
    } else if (order.type == terminal_message_kind::signal) {
      wire::signal_params how{
          .service = {}, .session = asked_.session, .signal = order.signal, .tree = false};
      auto const done = co_await where_.keeper->ask<wire::nothing>("signal", std::move(how));
      // A signal that is none is a mistake of the client; that it came too late is not.
      if (!done && done.error().code == error_code::value_unknown)
        with->close(close_code::policy, done.error().message);
    }
  }

  reached where_;
  operations::terminal_view asked_;
  supervisor::keeper_stream out_;
  std::unique_ptr<supervisor::keeper_stream> in_;
  std::uint32_t viewers_ = 0;
};

task<void> look(std::shared_ptr<view> one, peer_socket* with) { co_await one->talk(with); }

task<result<control::conversation>> attach(answer_needs const* needs, operations::terminal_view asked,
                                           control::caller who) {
  auto where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  // shared_ptr, as above.
  auto const one = std::make_shared<view>(std::move(*where), std::move(asked));
  if (auto const begun = co_await one->begin(); !begun) co_return std::unexpected(begun.error());
  co_return control::conversation([one](peer_socket* with) { return look(one, with); });
}

}  // namespace

void bind_conversations(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  auto const* all = &needs;
  into.bind<terminals_attach>([all](auto asked, auto who) { return attach(all, asked, who); });
  into.bind<ports_list>([all](auto asked, auto who) { return list_ports(all, asked, who); });
  into.bind<ports_forward>([all](auto asked, auto who) { return open_forward(all, asked, who); });
}

}  // namespace ostler::answers
