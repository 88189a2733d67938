#include "client/events.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <utility>

#include "base/name.hpp"
#include "system/clock.hpp"
#include "wire/json_value.hpp"

namespace ostler::client {
namespace {

constexpr milliseconds wait_first = 100ms;
constexpr milliseconds wait_max = 2s;

// Whether it was stopped meanwhile.
bool wait_or_stop(milliseconds time, int stop_fd) {
  auto const end = system::now() + time;
  for (;;) {
    pollfd asked{.fd = stop_fd, .events = POLLIN, .revents = 0};
    auto const left = std::chrono::ceil<milliseconds>(end - system::now()).count();
    if (left <= 0) return false;
    if (::poll(&asked, 1, static_cast<int>(left)) > 0) return true;
  }
}

// The daemon is not there, or not now; as against what it refuses.
bool is_loss(error_code code) {
  return code == error_code::daemon_unreachable || code == error_code::answer_lost ||
         code == error_code::timed_out;
}

class follower {
 public:
  follower(whereabouts::daemon_address const& where, operations::event_subscription wanted,
           std::function<flow(event_news const&)> const& take, follow_options const& options)
      : daemon_(where), wanted_(std::move(wanted)), take_(take), options_(options) {}

  result<void> run();

 private:
  // Until it is stopped (flow::stop) or the connection is lost (an error).
  result<flow> follow_once();
  result<flow> listen(websocket& socket);
  result<flow> hear(incoming const& message);
  result<flow> hear_text(std::string_view text);
  result<flow> hear_snapshot(operations::snapshot const& told);
  result<flow> hear_update(operations::lifecycle_update const& told);
  // Whether it goes on after this.
  result<flow> bear(error const& why);
  bool is_forgotten(error_code code) const;

  connection daemon_;
  // `after` moves on with what is heard.
  operations::event_subscription wanted_;
  std::function<flow(event_news const&)> const& take_;
  follow_options const& options_;
  bool was_heard_ = false;
  // When the connection was lost; none while it is there.
  std::optional<instant> lost_at_;
  milliseconds wait_ = wait_first;
};

result<void> follower::run() {
  for (;;) {
    auto const ended = follow_once();
    if (ended && *ended == flow::stop) return {};
    auto const next = bear(ended.error());
    if (!next) return std::unexpected(next.error());
    if (*next == flow::stop) return {};
  }
}

// Of events that were heard here: the daemon no longer keeps them, or it is one that never had them.
bool follower::is_forgotten(error_code code) const {
  return was_heard_ && wanted_.after &&
         (code == error_code::events_forgotten || code == error_code::value_out_of_range);
}

result<flow> follower::bear(error const& why) {
  if (why.code == error_code::cancelled) return flow::stop;
  if (is_forgotten(why.code)) {
    events_missed const missed{.after = *std::exchange(wanted_.after, std::nullopt)};
    return take_(missed);
  }
  if (!was_heard_ || !is_loss(why.code)) return std::unexpected(why);
  auto const now = system::now();
  if (!lost_at_) {
    lost_at_ = now;
    wait_ = wait_first;
    if (take_(events_interrupted{.why = why}) == flow::stop) return flow::stop;
  }
  if (now - *lost_at_ >= options_.patience) return std::unexpected(why);
  if (wait_or_stop(wait_, options_.stop_fd)) return flow::stop;
  wait_ = std::min(2 * wait_, wait_max);
  return flow::go_on;
}

result<flow> follower::follow_once() {
  auto socket = daemon_.open_websocket<operations::events_subscribe>(
      wanted_, {.key = {}, .limit = options_.silence_max, .stop_fd = options_.stop_fd});
  if (!socket) return std::unexpected(socket.error());
  if (std::exchange(lost_at_, std::nullopt) && wanted_.after &&
      take_(events_resumed{.after = *wanted_.after}) == flow::stop)
    return flow::stop;
  was_heard_ = true;
  return listen(*socket);
}

result<flow> follower::listen(websocket& socket) {
  auto heard_at = system::now();
  for (;;) {
    auto const message = socket.receive();
    if (!message) return std::unexpected(message.error());
    if (*message) {
      auto const next = hear(**message);
      if (!next || *next == flow::stop) return next;
      heard_at = system::now();
      continue;
    }
    auto const why = socket.wait(options_.ping_after, options_.stop_fd);
    if (!why) return std::unexpected(why.error());
    if (*why == woken::other_fd) return flow::stop;
    if (*why == woken::message_may_be_there) {
      // Also the answer to a ping, of which nothing is told.
      heard_at = system::now();
      continue;
    }
    if (system::now() - heard_at >= options_.silence_max)
      return fail(error_code::daemon_unreachable,
                  fmt::format("the daemon said nothing for {}", format_duration(options_.silence_max)));
    socket.ping();
  }
}

result<flow> follower::hear(incoming const& message) {
  switch (message.kind) {
    case incoming_kind::text: return hear_text(message.data);
    case incoming_kind::binary:
      return fail(error_code::message_malformed, "the daemon sends bytes where events are told");
    case incoming_kind::closed: break;
  }
  return fail(error_code::daemon_unreachable,
              fmt::format("the daemon closed the stream of events ({}): {}", message.code,
                          message.data.empty() ? "no reason given" : in_quotes(message.data)));
}

result<flow> follower::hear_text(std::string_view text) {
  auto const content = wire::parse_json(text);
  if (!content) return std::unexpected(content.error());
  auto const* object = content->if_object();
  auto const* type = object == nullptr ? nullptr : object->if_contains("type");
  auto const* word = type == nullptr ? nullptr : type->if_string();
  auto const is = [&](std::string_view what) { return word != nullptr && std::string_view(*word) == what; };
  if (is(operations::snapshot{}.type)) {
    operations::snapshot told;
    if (auto const read = wire::read_part(told, *content, "$"); !read) return std::unexpected(read.error());
    return hear_snapshot(told);
  }
  if (is(operations::lifecycle_update{}.type)) {
    operations::lifecycle_update told;
    if (auto const read = wire::read_part(told, *content, "$"); !read) return std::unexpected(read.error());
    return hear_update(told);
  }
  if (is(operations::lagged{}.type))
    return fail(error_code::daemon_unreachable, "the daemon closed the stream of events: we read too slowly");
  // What a newer daemon tells beside them.
  return flow::go_on;
}

result<flow> follower::hear_snapshot(operations::snapshot const& told) {
  auto const before = std::exchange(wanted_.after, told.seq);
  // It was asked to go on, and begins again instead.
  if (before && *before != told.seq && take_(events_missed{.after = *before}) == flow::stop)
    return flow::stop;
  return take_(told);
}

result<flow> follower::hear_update(operations::lifecycle_update const& told) {
  // What passes by and is not kept, as heartbeats, has no number of its own.
  if (told.event.seq == 0) return take_(told);
  if (wanted_.after && told.seq <= *wanted_.after) return flow::go_on;
  wanted_.after = told.seq;
  return take_(told);
}

}  // namespace

result<void> follow_events(whereabouts::daemon_address const& where,
                           operations::event_subscription const& wanted,
                           std::function<flow(event_news const&)> const& take,
                           follow_options const& options) {
  return follower(where, wanted, take, options).run();
}

}  // namespace ostler::client
