// One connection that is wanted: between daemon and keeper, or between daemon and an agent server.
//
//              link_wanted            registered_received
//     ┌──────┐ ────────> ┌─────────┐ ────────────────────> ┌────────────┐
//     │ down │           │ dialing │                       │ registered │ <──────────┐
//     └──────┘ <──────── └─────────┘                       └────────────┘            │ registered_received
//        ^      failure,      ^                                  │ close, failure,   │
//        │      time limit    │ link_wanted                      v silence           │
//        │                 ┌──────┐  attempts used up   ┌─────────────────┐          │
//        └──── unwanted ── │ lost │ <────────────────── │ reconnecting(n) │ ─────────┘
//              (from any)  └──────┘                     └─────────────────┘
//
// Pure: time and luck are given, effects are returned as commands, what others should know as notices.
// Every stream that is dialled has a number of its own (`attempt`, never used twice), and everything that
// happens on a stream bears it; so what comes late or twice from an older stream is refused as stale.
// `wake` says when a tick is due; it follows from the state, so there is nothing to arm or to cancel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/instant.hpp"
#include "lifecycle/policy/backoff.hpp"
#include "lifecycle/policy/deadline.hpp"
#include "lifecycle/policy/heartbeat.hpp"
#include "lifecycle/policy/numbers.hpp"
#include "lifecycle/policy/tick.hpp"

namespace ostler::lifecycle {

enum class link_state : std::uint8_t { down, dialing, registered, reconnecting, lost };
inline constexpr int link_state_count = 5;
std::string_view text(link_state value);

// What the link says about whoever is at its other end. Lost contact is not death.
enum class link_health : std::uint8_t { unknown, healthy, degraded };
std::string_view text(link_health value);

struct link_rules {
  heartbeat_rule heartbeat;
  backoff reconnect;
  int reconnect_attempts = 5;
  milliseconds registered_limit{10s};
  bool auto_reconnect = true;

  bool operator==(link_rules const&) const = default;
};
link_rules link_rules_of(numbers const& values);

struct link {
  link_state state = link_state::down;
  // The number of the newest stream; 0 before the first. It is ours while `streaming`.
  std::uint64_t attempt = 0;
  bool streaming = false;
  // The newest stream was opened, `registered` is awaited.
  bool opened = false;
  // It was registered before, so the next time is a return.
  bool known = false;
  // The n of reconnecting(n).
  int tries = 0;
  awake_limit limit;
  instant retry_at{};
  instant beat_due{};
  heartbeat_watch watch;
  contact heard = contact::fresh;
  // Why the last stream ended, or the last error that was reported.
  std::string trouble;
  std::optional<instant> wake;

  bool operator==(link const&) const = default;
};

link_health health(link const& value);

// Events: what happened. Those of a stream bear its number.
struct link_wanted {};
struct link_unwanted {};
struct stream_opened {
  std::uint64_t attempt;
};
struct registered_received {
  std::uint64_t attempt;
};
struct stream_failed {
  std::uint64_t attempt;
  std::string why;
};
struct stream_closed {
  std::uint64_t attempt;
};
struct error_reported {
  std::uint64_t attempt;
  std::string text;
};
// Anything at all was received: every frame is a sign of life.
struct frame_heard {
  std::uint64_t attempt;
};
using link_event = std::variant<link_wanted, link_unwanted, stream_opened, registered_received, stream_failed,
                                stream_closed, error_reported, frame_heard, tick>;
std::string_view name(link_event const& happened);

// Commands: what must be done. Each may be carried out twice.
struct open_stream {
  std::uint64_t attempt;
  bool operator==(open_stream const&) const = default;
};
// Also for a stream that is still being opened, or that is closed already.
struct close_stream {
  std::uint64_t attempt;
  bool operator==(close_stream const&) const = default;
};
struct send_heartbeat {
  std::uint64_t attempt;
  bool operator==(send_heartbeat const&) const = default;
};
using link_command = std::variant<open_stream, close_stream, send_heartbeat>;
std::string_view name(link_command const& ordered);

// Notices: facts for whoever composes links with other things.
struct link_registered {
  // It had been registered before: it is back.
  bool again;
  bool operator==(link_registered const&) const = default;
};
struct link_heartbeat_timeout {
  milliseconds silence;
  bool operator==(link_heartbeat_timeout const&) const = default;
};
struct link_reconnecting {
  int attempt;
  int max;
  milliseconds wait;
  std::string why;
  bool operator==(link_reconnecting const&) const = default;
};
struct link_reconnect_failed {
  int attempts;
  std::string why;
  bool operator==(link_reconnect_failed const&) const = default;
};
struct link_lost {
  std::string why;
  bool operator==(link_lost const&) const = default;
};
// It never registered since it was wanted, and it is down again.
struct link_failed_first {
  error_code code;
  std::string why;
  bool operator==(link_failed_first const&) const = default;
};
struct link_error {
  std::string text;
  bool operator==(link_error const&) const = default;
};
struct link_health_changed {
  link_health from;
  link_health to;
  bool operator==(link_health_changed const&) const = default;
};
using link_notice =
    std::variant<link_registered, link_heartbeat_timeout, link_reconnecting, link_reconnect_failed, link_lost,
                 link_failed_first, link_error, link_health_changed>;
std::string_view name(link_notice const& fact);

struct link_step {
  link next;
  std::vector<link_command> commands;
  std::vector<link_notice> notices;
  // Why the event changed nothing. A stale stream that was opened after all is closed even so.
  std::optional<std::string_view> ignored;
};

link_step step(link before, link_event const& happened, link_rules const& rules, moment const& when);

// For people: "registered", "reconnecting 2/5, next in 4s", "lost: connection reset".
std::string message(link const& value, link_rules const& rules, instant now);

}  // namespace ostler::lifecycle
