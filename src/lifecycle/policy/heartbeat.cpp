#include "lifecycle/policy/heartbeat.hpp"

#include <algorithm>
#include <array>

namespace ostler::lifecycle {

std::string_view text(contact value) {
  constexpr std::array<std::string_view, 3> words{"fresh", "late", "silent"};
  return words[static_cast<std::size_t>(value)];
}

contact judge(heartbeat_rule const& rule, instant last_heard, instant now) {
  auto const silence = now - last_heard;
  if (silence >= rule.timeout) return contact::silent;
  return silence > rule.interval + rule.interval / 4 ? contact::late : contact::fresh;
}

contact heartbeat_watch::check(instant now) {
  // Twice the check interval is more than a busy machine is late by, and less than a timeout.
  if (now - awake_at_ > 2 * rule_.check()) woke_at_ = now;
  awake_at_ = now;
  auto const seen = judge(rule_, heard_at_, now);
  bool const in_grace = judge(rule_, std::max(heard_at_, woke_at_), now) != contact::silent;
  return seen == contact::silent && in_grace ? contact::late : seen;
}

instant heartbeat_watch::next_check() const {
  auto const regular = awake_at_ + rule_.check();
  auto const limit = std::max(heard_at_, woke_at_) + rule_.timeout;
  return limit > awake_at_ ? std::min(regular, limit) : regular;
}

}  // namespace ostler::lifecycle
