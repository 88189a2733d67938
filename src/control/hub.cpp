#include "control/hub.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"
#include "operations/event_values.hpp"
#include "wire/json.hpp"

namespace ostler::control {
namespace {

bool fits(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with(".*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == type;
}

bool fits_any(std::vector<std::string> const& patterns, std::string_view type) {
  return std::ranges::any_of(patterns, [&](auto const& one) { return fits(one, type); });
}

}  // namespace

bool hub_filter::passes(told_event const& event) const {
  if (!subject.empty() && event.subject != subject) return false;
  if (fits_any(without, event.type)) return false;
  return types.empty() || fits_any(types, event.type);
}

// Among the live ones for as long as it lives.
class hub::live_place {
 public:
  live_place(hub& at, listener& who) : at_(at), who_(who) { at_.live_.push_back(&who_); }
  live_place(live_place const&) = delete;
  live_place& operator=(live_place const&) = delete;
  ~live_place() {
    auto const place = std::ranges::find(at_.live_, &who_);
    *place = at_.live_.back();
    at_.live_.pop_back();
  }

 private:
  hub& at_;
  listener& who_;
};

hub::hub(hub_source from, std::uint64_t newest, hub_limits limits)
    : from_(std::move(from)), newest_(newest), limits_(limits) {}

hub::~hub() { ensure(live_.empty(), "a hub outlives its listeners"); }

void hub::tell(told_event const& event) {
  ensure(event.seq > newest_, "the numbers of events only grow");
  newest_ = event.seq;
  for (auto* one : live_) tell_one(*one, event);
}

void hub::tell_passing(told_event const& event) {
  for (auto* one : live_) {
    bool const is_meant = fits_any(one->filter.passing, event.type) &&
                          (one->filter.subject.empty() || one->filter.subject == event.subject);
    if (is_meant && !one->lagged && one->to->waiting_messages() < limits_.messages / 2)
      one->to->push(event.text);
  }
}

bool hub::wants(std::string_view type) const {
  return std::ranges::any_of(live_, [&](auto const* one) { return fits_any(one->filter.passing, type); });
}

void hub::tell_one(listener& one, told_event const& event) {
  // A snapshot may be newer than what was told when it was taken.
  if (one.lagged || event.seq <= one.position) return;
  if (one.filter.passes(event)) {
    bool const slow = one.to->waiting_messages() >= limits_.messages ||
                      one.to->waiting_bytes() + event.text.frame().size() > limits_.bytes;
    if (slow || one.to->push(event.text) == push_outcome::full) {
      one.lagged = true;
      one.to->push(shared_message(wire::to_json(operations::lagged{.last_seq = one.position})));
      return one.to->close(close_code::try_again, "too slow; come again after last_seq");
    }
  }
  one.position = event.seq;
}

async::task<result<conversation>> hub::subscribe(hub_subscription what) {
  beginning first;
  if (!what.after) {
    auto now = co_await from_.snapshot(what.filter);
    if (!now) co_return std::unexpected(std::move(now.error()));
    first.snapshot = std::move(now->text);
    first.position = now->seq;
  } else {
    if (*what.after > newest_)
      co_return fail(
          error_code::value_out_of_range,
          fmt::format("after is {}, and the newest event has the number {}", *what.after, newest_));
    first.position = *what.after;
    // Asked for before the upgrade, because they may be forgotten.
    if (first.position < newest_) {
      auto missed = co_await from_.older(first.position);
      if (!missed) co_return std::unexpected(std::move(missed.error()));
      first.missed = std::move(*missed);
    }
  }
  co_return conversation(
      [this, filter = std::move(what.filter), first = std::move(first)](peer_socket* with) mutable {
        return talk(with, std::move(filter), std::move(first));
      });
}

async::task<void> hub::talk(peer_socket* with, hub_filter filter, beginning first) {
  auto position = first.position;
  if (!first.snapshot.empty()) {
    message everything{.kind = message_kind::text, .data = std::move(first.snapshot)};
    if (auto const sent = co_await with->send(std::move(everything)); !sent) co_return;
  }
  if (!co_await give(with, &filter, &first.missed, &position)) co_return;
  first = {};
  if (!co_await catch_up(with, &filter, &position)) co_return;
  // No await lies between the last look at the newest number and this.
  listener self{.to = with, .filter = std::move(filter), .position = position};
  live_place const place(*this, self);
  for (;;) {
    // Listeners have nothing to say; what they say all the same is dropped.
    auto const got = co_await with->receive();
    if (!got || !*got) co_return;
  }
}

async::task<bool> hub::catch_up(peer_socket* with, hub_filter const* filter, std::uint64_t* position) {
  while (*position < newest_) {
    auto const page = co_await from_.older(*position);
    if (!page || page->empty()) {
      auto const why = page ? std::string("events are missing") : page.error().message;
      with->close(page ? close_code::internal : close_code::try_again, why);
      co_return false;
    }
    if (!co_await give(with, filter, &*page, position)) co_return false;
  }
  co_return true;
}

async::task<bool> hub::give(peer_socket* with, hub_filter const* filter,
                            std::vector<told_event> const* events, std::uint64_t* position) {
  for (auto const& event : *events) {
    if (event.seq <= *position) continue;
    *position = event.seq;
    if (!filter->passes(event)) continue;
    message text{.kind = message_kind::text, .data = std::string(event.text.data())};
    if (auto const sent = co_await with->send(std::move(text)); !sent) co_return false;
  }
  co_return true;
}

}  // namespace ostler::control
