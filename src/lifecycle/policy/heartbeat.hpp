// Judging silence: is the other side there, late, or silent?
//
// Silence proves something about the other side only if we were awake to listen. When the gap between two of
// our own looks shows that we slept (suspend, SIGSTOP, a starved machine), what was said meanwhile may still
// lie unread; the silence is then counted anew from the moment we woke.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/instant.hpp"

namespace ostler::lifecycle {

struct heartbeat_rule {
  milliseconds interval{30s};
  milliseconds timeout{90s};

  // How often silence is looked at; never so often that looking becomes the work.
  milliseconds check() const { return std::max<milliseconds>(timeout / 3, 1ms); }
  bool operator==(heartbeat_rule const&) const = default;
};

// late: a beat is overdue by more than a quarter of the interval. silent: nothing for the whole timeout.
enum class contact : std::uint8_t { fresh, late, silent };
std::string_view text(contact value);

contact judge(heartbeat_rule const& rule, instant last_heard, instant now);

class heartbeat_watch {
 public:
  heartbeat_watch() = default;
  // Begins as if the other side had just been heard.
  heartbeat_watch(heartbeat_rule const& rule, instant now) : rule_(rule), heard_at_(now), awake_at_(now) {}

  void heard(instant now) { heard_at_ = awake_at_ = now; }
  contact check(instant now);
  // When check() is due next.
  instant next_check() const;
  // How long nothing was heard, for the message.
  milliseconds silence(instant now) const { return std::chrono::floor<milliseconds>(now - heard_at_); }

  bool operator==(heartbeat_watch const&) const = default;

 private:
  heartbeat_rule rule_;
  instant heard_at_{};
  // The last moment at which we know that we ran.
  instant awake_at_{};
  // The end of our last sleep.
  instant woke_at_{};
};

}  // namespace ostler::lifecycle
