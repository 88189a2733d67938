#include "cli/verbs/instance_watch.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "operations/log_operations.hpp"
#include "system/clock.hpp"
#include "wire/json.hpp"

namespace ostler::cli {
namespace {

constexpr milliseconds first_word_limit = 30s;
constexpr milliseconds patience = 60s;
constexpr milliseconds between_attempts{300};

struct typed_message {
  std::string type;
};
BOOST_DESCRIBE_STRUCT(typed_message, (), (type))

// True when it became readable.
bool pause(milliseconds limit, int stop_fd) {
  pollfd one{.fd = stop_fd, .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

result<instance_watch> instance_watch::begin(context& with) {
  instance_watch out(with);
  if (auto const done = out.open(); !done) return std::unexpected(done.error());
  return out;
}

operations::instance const* instance_watch::find(std::string_view name) const {
  auto const at = std::ranges::find(all_, name, &operations::instance::name);
  return at == all_.end() ? nullptr : &*at;
}

result<void> instance_watch::open() {
  auto daemon = with_->daemon();
  if (!daemon) return std::unexpected(daemon.error());
  auto made = (*daemon)->open_websocket<operations::events_subscribe>({}, {.stop_fd = with_->stop_fd()});
  if (!made) return std::unexpected(made.error());
  socket_.emplace(std::move(*made));
  auto first = socket_->receive_within(first_word_limit);
  if (!first) return std::unexpected(first.error());
  if (!*first || (*first)->kind != client::incoming_kind::text)
    return fail(error_code::message_malformed, "the daemon did not begin its events with a snapshot");
  return hear((*first)->data);
}

result<watch_news> instance_watch::next(milliseconds limit) {
  for (;;) {
    auto came = take_what_came();
    if (came && *came) return watch_news::changed;
    if (came) {
      auto const woken = socket_->wait(limit, with_->stop_fd());
      if (woken && *woken == client::woken::other_fd) return watch_news::stopped;
      if (woken && *woken == client::woken::time_is_over) return watch_news::time_over;
      if (woken) continue;
      came = std::unexpected(woken.error());
    }
    auto const again = open_again(came.error());
    if (!again) return std::unexpected(again.error());
    return *again ? watch_news::changed : watch_news::stopped;
  }
}

result<bool> instance_watch::take_what_came() {
  bool any = false;
  for (;;) {
    auto next = socket_->receive();
    if (!next) return std::unexpected(next.error());
    if (!*next) return any;
    auto& message = **next;
    if (message.kind == client::incoming_kind::closed)
      return fail(error_code::daemon_unreachable,
                  fmt::format("the daemon ended its events: {}", message.data));
    if (message.kind != client::incoming_kind::text) continue;
    if (auto const heard = hear(message.data); !heard) return std::unexpected(heard.error());
    any = true;
  }
}

result<void> instance_watch::hear(std::string const& message) {
  auto const kind = wire::from_json<typed_message>(message);
  if (!kind) return std::unexpected(kind.error());
  if (kind->type == operations::snapshot().type) {
    auto all = wire::from_json<operations::snapshot>(message);
    if (!all) return std::unexpected(all.error());
    all_ = std::move(all->instances);
    return {};
  }
  if (kind->type == operations::lagged().type)
    return fail(error_code::daemon_unreachable, "the daemon told more than could be read in time");
  auto update = wire::from_json<operations::lifecycle_update>(message);
  if (!update) return std::unexpected(update.error());
  hear_update(std::move(*update));
  return {};
}

void instance_watch::hear_update(operations::lifecycle_update update) {
  auto const& whom = update.event.instance;
  auto const at = std::ranges::find(all_, whom, &operations::instance::id);
  bool const gone = !update.instance || update.instance->state == operations::instance_state::deleted;
  if (gone) {
    if (whom && at != all_.end()) all_.erase(at);
    return;
  }
  if (at == all_.end())
    all_.push_back(std::move(*update.instance));
  else
    *at = std::move(*update.instance);
}

result<bool> instance_watch::open_again(error const& why) {
  auto const until = system::now() + patience;
  with_->note("Reconnecting...");
  for (;;) {
    if (pause(between_attempts, with_->stop_fd())) return false;
    auto const done = open();
    if (done) return true;
    if (done.error().code != error_code::daemon_unreachable && done.error().code != error_code::answer_lost)
      return std::unexpected(done.error());
    if (system::now() >= until) return std::unexpected(why);
  }
}

}  // namespace ostler::cli
