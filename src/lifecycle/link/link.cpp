#include "lifecycle/link/link.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace ostler::lifecycle {
namespace {

constexpr std::array<std::string_view, link_state_count> state_words{"down", "dialing", "registered",
                                                                     "reconnecting", "lost"};
constexpr std::array<std::string_view, 3> health_words{"unknown", "healthy", "degraded"};
constexpr std::array<std::string_view, std::variant_size_v<link_event>> event_words{
    "link_wanted",         "link_unwanted", "stream_opened",
    "registered_received", "stream_failed", "stream_closed",
    "error_reported",      "frame_heard",   "tick"};
constexpr std::array<std::string_view, std::variant_size_v<link_command>> command_words{
    "open_stream", "close_stream", "send_heartbeat"};
constexpr std::array<std::string_view, std::variant_size_v<link_notice>> notice_words{
    "link_registered", "link_heartbeat_timeout", "link_reconnecting", "link_reconnect_failed",
    "link_lost",       "link_failed_first",      "link_error",        "link_health_changed"};

// One step of one link. The handlers of events come first, then the moves they share; only enter() sets the
// state.
class stepper {
 public:
  stepper(link&& before, link_rules const& rules, moment const& when)
      : health_before_(health(before)), rules_(rules), when_(when) {
    out_.next = std::move(before);
  }

  void on(link_wanted const&) {
    switch (now().state) {
      case link_state::down:
      case link_state::lost:
        now().trouble.clear();
        enter(link_state::dialing);
        return dial();
      case link_state::dialing: return ignore("already dialing");
      case link_state::registered: return ignore("already registered");
      case link_state::reconnecting: return ignore("already reconnecting");
    }
  }

  void on(link_unwanted const&) {
    if (now().state == link_state::down) return ignore("already down");
    hang_up();
    now().known = false;
    now().trouble.clear();
    enter(link_state::down);
  }

  void on(stream_opened const& event) {
    if (!current(event.attempt)) {
      // It was given up while it was being opened; left alone it would leak.
      out_.commands.emplace_back(close_stream{event.attempt});
      return ignore("stale stream");
    }
    if (now().opened) return ignore("already open");
    now().opened = true;
  }

  void on(registered_received const& event) {
    if (!current(event.attempt)) return ignore("stale stream");
    if (now().state == link_state::registered) return ignore("already registered");
    enter(link_state::registered);
    now().opened = true;
    now().tries = 0;
    now().trouble.clear();
    now().heard = contact::fresh;
    now().watch = heartbeat_watch(rules_.heartbeat, when_.now);
    now().beat_due = when_.now + rules_.heartbeat.interval;
    out_.notices.emplace_back(link_registered{.again = std::exchange(now().known, true)});
  }

  void on(stream_failed const& event) {
    if (!current(event.attempt)) return ignore("stale stream");
    stream_ended(error_code::link_failed, event.why);
  }

  void on(stream_closed const& event) {
    if (!current(event.attempt)) return ignore("stale stream");
    bool const registered = now().state == link_state::registered;
    stream_ended(error_code::link_failed,
                 registered ? "the other side closed the connection" : "closed before it was registered");
  }

  void on(error_reported const& event) {
    if (!current(event.attempt)) return ignore("stale stream");
    out_.notices.emplace_back(link_error{event.text});
    now().trouble = event.text;
    // An error before `registered` is the answer; after it, the stream itself says whether it still works.
    if (now().state != link_state::registered) stream_ended(error_code::link_failed, event.text);
  }

  void on(frame_heard const& event) {
    if (!current(event.attempt)) return ignore("stale stream");
    if (now().state != link_state::registered) return ignore("not registered yet");
    now().heard = contact::fresh;
    now().watch.heard(when_.now);
  }

  void on(tick const&) {
    if (!now().wake) return ignore("nothing is awaited");
    if (when_.now < *now().wake) return ignore("not due yet");
    if (now().state == link_state::registered) return look_and_beat();
    if (!now().streaming) return dial();
    if (!now().limit.passed(when_.now)) return;
    stream_ended(error_code::not_registered_in_time,
                 fmt::format("{} within {}", now().opened ? "it did not register" : "it could not be reached",
                             format_duration(rules_.registered_limit)));
  }

  link_step finish() {
    now().wake = due();
    if (auto const after = health(now()); after != health_before_)
      out_.notices.emplace_back(link_health_changed{.from = health_before_, .to = after});
    return std::move(out_);
  }

 private:
  link& now() { return out_.next; }
  void ignore(std::string_view why) { out_.ignored = why; }
  bool current(std::uint64_t attempt) { return now().streaming && attempt == now().attempt; }
  void enter(link_state state) { now().state = state; }

  void dial() {
    now().streaming = true;
    now().opened = false;
    now().limit = awake_limit(rules_.registered_limit, when_.now);
    out_.commands.emplace_back(open_stream{++now().attempt});
  }

  void hang_up() {
    if (std::exchange(now().streaming, false)) out_.commands.emplace_back(close_stream{now().attempt});
    now().opened = false;
    now().tries = 0;
    now().heard = contact::fresh;
  }

  void look_and_beat() {
    if (when_.now >= now().watch.next_check()) now().heard = now().watch.check(when_.now);
    if (now().heard == contact::silent) {
      auto const silence = now().watch.silence(when_.now);
      out_.notices.emplace_back(link_heartbeat_timeout{silence});
      return stream_ended(error_code::link_failed,
                          fmt::format("nothing was heard for {}", format_duration(silence)));
    }
    if (when_.now < now().beat_due) return;
    out_.commands.emplace_back(send_heartbeat{now().attempt});
    // Counted from now and not from when it was due: after a sleep one beat is enough.
    now().beat_due = when_.now + rules_.heartbeat.interval;
  }

  // The present stream is over, whatever the state; what comes next depends on how far we had come.
  void stream_ended(error_code code, std::string why) {
    auto const tries = now().tries;
    auto const state = now().state;
    hang_up();
    now().trouble = why;
    if (state == link_state::dialing) {
      enter(link_state::down);
      now().known = false;
      out_.notices.emplace_back(link_failed_first{.code = code, .why = std::move(why)});
      return;
    }
    if (!rules_.auto_reconnect) return lose(std::move(why));
    if (tries >= rules_.reconnect_attempts) {
      out_.notices.emplace_back(link_reconnect_failed{.attempts = tries, .why = why});
      return lose(std::move(why));
    }
    enter(link_state::reconnecting);
    now().tries = tries + 1;
    auto const wait = delay(rules_.reconnect, now().tries, when_.luck);
    now().retry_at = when_.now + wait;
    out_.notices.emplace_back(link_reconnecting{
        .attempt = now().tries, .max = rules_.reconnect_attempts, .wait = wait, .why = std::move(why)});
  }

  void lose(std::string why) {
    enter(link_state::lost);
    out_.notices.emplace_back(link_lost{std::move(why)});
  }

  std::optional<instant> due() {
    switch (now().state) {
      case link_state::down:
      case link_state::lost: return std::nullopt;
      case link_state::registered: return std::min(now().beat_due, now().watch.next_check());
      case link_state::dialing:
      case link_state::reconnecting: break;
    }
    return now().streaming ? now().limit.wake() : now().retry_at;
  }

  link_step out_;
  link_health health_before_;
  link_rules const& rules_;
  moment const& when_;
};

}  // namespace

std::string_view text(link_state value) { return state_words[static_cast<std::size_t>(value)]; }
std::string_view text(link_health value) { return health_words[static_cast<std::size_t>(value)]; }
std::string_view name(link_event const& happened) { return event_words[happened.index()]; }
std::string_view name(link_command const& ordered) { return command_words[ordered.index()]; }
std::string_view name(link_notice const& fact) { return notice_words[fact.index()]; }

link_rules link_rules_of(numbers const& values) {
  return {.heartbeat = heartbeat_of(values),
          .reconnect = reconnect_of(values),
          .reconnect_attempts = values.reconnect_attempts,
          .registered_limit = values.registered_limit};
}

link_health health(link const& value) {
  if (value.state == link_state::reconnecting) return link_health::degraded;
  if (value.state != link_state::registered) return link_health::unknown;
  return value.heard == contact::fresh ? link_health::healthy : link_health::degraded;
}

link_step step(link before, link_event const& happened, link_rules const& rules, moment const& when) {
  stepper machine(std::move(before), rules, when);
  std::visit([&](auto const& event) { machine.on(event); }, happened);
  return machine.finish();
}

std::string message(link const& value, link_rules const& rules, instant now) {
  std::string out(text(value.state));
  if (value.state == link_state::reconnecting) {
    out += fmt::format(" {}/{}", value.tries, rules.reconnect_attempts);
    // Rounded up: "next in 0s" would look like a fault.
    auto const rest = std::chrono::ceil<seconds>(value.retry_at - now);
    if (!value.streaming && rest > 0s) out += fmt::format(", next in {}", format_duration(rest));
  }
  if (value.state == link_state::registered && value.heard != contact::fresh)
    out += fmt::format(", nothing heard for {}",
                       format_duration(std::chrono::floor<seconds>(value.watch.silence(now))));
  if (!value.trouble.empty()) out += ": " + value.trouble;
  return out;
}

}  // namespace ostler::lifecycle
