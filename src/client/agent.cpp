#include "client/agent.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "base/name.hpp"
#include "client/connection.hpp"
#include "operations/agent_operations.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"
#include "wire/json_value.hpp"

namespace ostler::client {
namespace {

// What the daemon means for good: the agent was stopped, or it may not be what it says.
bool is_final(std::uint16_t code) {
  return code == static_cast<std::uint16_t>(wire::websocket_close::normal) ||
         code == static_cast<std::uint16_t>(wire::websocket_close::policy);
}

std::unexpected<error> closed(incoming const& message) {
  auto const why = message.data.empty() ? std::string("no reason given") : in_quotes(message.data);
  if (is_final(message.code))
    return fail(error_code::cancelled, fmt::format("the daemon ended the connection of the agent: {}", why));
  return fail(error_code::daemon_unreachable,
              fmt::format("the daemon closed the connection of the agent: {}", why));
}

// A tenth shorter or longer, so that many agents do not come back at once.
milliseconds spread(milliseconds wait) {
  auto const tenth = wait.count() / 10;
  auto const luck =
      static_cast<std::int64_t>(system::random_bits() % static_cast<std::uint64_t>(2 * tenth + 1));
  return wait + milliseconds(luck - tenth);
}

bool was_stopped(milliseconds wait, int stop_fd) {
  pollfd asked{.fd = stop_fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

agent::agent(whereabouts::daemon_address where, agent_options options)
    : where_(std::move(where)), options_(std::move(options)) {}

result<agent> agent::connect(whereabouts::daemon_address const& where, agent_options options) {
  agent out(where, std::move(options));
  if (auto const done = out.dial(); !done) return std::unexpected(done.error());
  return out;
}

result<void> agent::dial() {
  auto opened = connection(where_).open_websocket<operations::agents_connect>(
      {}, {.key = {}, .limit = options_.limit, .stop_fd = options_.stop_fd});
  if (!opened) return std::unexpected(opened.error());
  socket_ = std::move(*opened);
  operations::agent_register const who{.name = options_.name,
                                       .version = options_.version,
                                       .auto_reconnect = options_.auto_reconnect,
                                       .capabilities = options_.capabilities};
  socket_->send_text(wire::to_json(who));
  auto done = await_registered();
  if (!done) socket_.reset();
  return done;
}

result<void> agent::await_registered() {
  auto const answer = socket_->receive_within(options_.limit);
  if (!answer) return std::unexpected(answer.error());
  if (!*answer)
    return fail(error_code::timed_out,
                fmt::format("the daemon did not answer the registration of {} within {}",
                            in_quotes(options_.name), format_duration(options_.limit)));
  if ((*answer)->kind == incoming_kind::closed) return closed(**answer);
  auto const told = wire::from_json<operations::agent_registered>((*answer)->data);
  if (!told) return std::unexpected(told.error());
  if ((*answer)->kind != incoming_kind::text || told->type != registered_.type ||
      told->heartbeat_interval <= 0ms)
    return fail(error_code::message_malformed, "the daemon answers a registration with something else");
  registered_ = *told;
  beat_due_ = system::now() + registered_.heartbeat_interval;
  return {};
}

result<void> agent::dial_again(error const& why) {
  socket_.reset();
  if (why.code == error_code::cancelled) return std::unexpected(why);
  auto wait = options_.retry_first;
  auto last = why;
  for (int attempt = 0; options_.auto_reconnect && attempt < options_.attempts; ++attempt) {
    if (was_stopped(spread(wait), options_.stop_fd))
      return fail(error_code::cancelled, "it was stopped from here");
    auto const done = dial();
    if (done || done.error().code == error_code::cancelled) return done;
    last = done.error();
    wait = std::min(2 * wait, options_.retry_max);
  }
  return fail(error_code::link_lost,
              fmt::format("the agent {} lost the daemon: {}", in_quotes(options_.name), last.message));
}

result<std::optional<operations::agent_message>> agent::receive(milliseconds limit) {
  auto const end = system::now() + limit;
  for (;;) {
    if (!socket_) return fail(error_code::link_lost, "the agent is no longer connected");
    auto next = receive_now();
    if (next && *next) return next;
    auto const waited =
        next ? wait(limit < 0ms ? std::optional<instant>() : end) : std::unexpected(next.error());
    if (!waited) {
      if (auto const again = dial_again(waited.error()); !again) return std::unexpected(again.error());
      continue;
    }
    bool const is_over = *waited == woken::time_is_over && limit >= 0ms && system::now() >= end;
    if (is_over || *waited == woken::other_fd) return std::nullopt;
  }
}

// The next message that is there already.
result<std::optional<operations::agent_message>> agent::receive_now() {
  for (;;) {
    auto const next = socket_->receive();
    if (!next) return std::unexpected(next.error());
    if (!*next) return std::nullopt;
    if ((*next)->kind == incoming_kind::closed) return closed(**next);
    if ((*next)->kind == incoming_kind::binary)
      return fail(error_code::message_malformed, "the daemon sends bytes where messages are expected");
    operations::agent_message told;
    told.type.clear();
    auto const content = wire::parse_json((*next)->data);
    if (!content) return std::unexpected(content.error());
    if (auto const read = wire::read_part(told, *content, "$"); !read) return std::unexpected(read.error());
    // What a newer daemon says beside messages is not for us.
    if (told.type == operations::agent_message{}.type) return told;
  }
}

// Until something may be there, or a heartbeat was due and sent, or that moment has come.
result<woken> agent::wait(std::optional<instant> end) {
  if (auto const beaten = beat(); !beaten) return std::unexpected(beaten.error());
  auto const until = end ? std::min(*end, beat_due_) : beat_due_;
  auto const left = std::chrono::ceil<milliseconds>(until - system::now());
  return socket_->wait(std::max(left, 0ms), options_.stop_fd);
}

result<void> agent::say(std::string_view text) {
  if (!socket_) return fail(error_code::link_lost, "the agent is no longer connected");
  socket_->send_text(text);
  return socket_->flush();
}

result<void> agent::send(operations::agent_message const& what) { return say(wire::to_json(what)); }

result<void> agent::report_error(std::string const& message) {
  return say(wire::to_json(operations::agent_error{.message = message}));
}

result<void> agent::beat() {
  auto const now = system::now();
  if (now < beat_due_) return {};
  beat_due_ = now + registered_.heartbeat_interval;
  return say(wire::to_json(operations::agent_heartbeat{}));
}

result<void> agent::unregister() {
  auto said = say(wire::to_json(operations::agent_unregister{}));
  // The daemon closes when it has heard it; what else it says until then is for nobody.
  auto const end = system::now() + options_.limit;
  while (said && system::now() < end) {
    auto const left = std::chrono::ceil<milliseconds>(end - system::now());
    auto const next = socket_->receive_within(std::max(left, 0ms));
    if (!next || !*next || (*next)->kind == incoming_kind::closed) break;
  }
  socket_.reset();
  return said;
}

}  // namespace ostler::client
