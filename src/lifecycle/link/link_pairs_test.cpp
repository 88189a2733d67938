// All pairs of a representative state and an event, against the table that the law amounts to.

#include <gtest/gtest.h>
#include <set>

#include "lifecycle/link/link_reference.hpp"

namespace ostler::lifecycle {
namespace {

struct expected_row {
  std::string_view from, event, to, does;
};

// Events of an older stream are not listed: they are refused in every state, see below.
constexpr expected_row expected[] = {
    {"down", "link_wanted", "dialing", "open_stream"},
    {"down", "link_unwanted", "down", "refused: already down"},
    {"down", "stream_opened", "down", "refused: stale stream; close_stream"},
    {"down", "registered_received", "down", "refused: stale stream"},
    {"down", "stream_failed", "down", "refused: stale stream"},
    {"down", "stream_closed", "down", "refused: stale stream"},
    {"down", "error_reported", "down", "refused: stale stream"},
    {"down", "frame_heard", "down", "refused: stale stream"},
    {"down", "tick, due", "down", "refused: nothing is awaited"},
    {"down", "tick, early", "down", "refused: nothing is awaited"},
    {"dialing", "link_wanted", "dialing", "refused: already dialing"},
    {"dialing", "link_unwanted", "down", "close_stream"},
    {"dialing", "stream_opened", "dialing", "noted"},
    {"dialing", "registered_received", "registered", "link_registered, link_health_changed"},
    {"dialing", "stream_failed", "down", "close_stream, link_failed_first"},
    {"dialing", "stream_closed", "down", "close_stream, link_failed_first"},
    {"dialing", "error_reported", "down", "close_stream, link_error, link_failed_first"},
    {"dialing", "frame_heard", "dialing", "refused: not registered yet"},
    {"dialing", "tick, due", "down", "close_stream, link_failed_first"},
    {"dialing", "tick, early", "dialing", "refused: not due yet"},
    {"registered", "link_wanted", "registered", "refused: already registered"},
    {"registered", "link_unwanted", "down", "close_stream, link_health_changed"},
    {"registered", "stream_opened", "registered", "refused: already open"},
    {"registered", "registered_received", "registered", "refused: already registered"},
    {"registered", "stream_failed", "reconnecting, waiting",
     "close_stream, link_reconnecting, link_health_changed"},
    {"registered", "stream_closed", "reconnecting, waiting",
     "close_stream, link_reconnecting, link_health_changed"},
    {"registered", "error_reported", "registered", "link_error"},
    {"registered", "frame_heard", "registered", "noted"},
    {"registered", "tick, due", "registered", "send_heartbeat"},
    {"registered", "tick, early", "registered", "refused: not due yet"},
    {"reconnecting, waiting", "link_wanted", "reconnecting, waiting", "refused: already reconnecting"},
    {"reconnecting, waiting", "link_unwanted", "down", "link_health_changed"},
    {"reconnecting, waiting", "stream_opened", "reconnecting, waiting",
     "refused: stale stream; close_stream"},
    {"reconnecting, waiting", "registered_received", "reconnecting, waiting", "refused: stale stream"},
    {"reconnecting, waiting", "stream_failed", "reconnecting, waiting", "refused: stale stream"},
    {"reconnecting, waiting", "stream_closed", "reconnecting, waiting", "refused: stale stream"},
    {"reconnecting, waiting", "error_reported", "reconnecting, waiting", "refused: stale stream"},
    {"reconnecting, waiting", "frame_heard", "reconnecting, waiting", "refused: stale stream"},
    {"reconnecting, waiting", "tick, due", "reconnecting, dialing", "open_stream"},
    {"reconnecting, waiting", "tick, early", "reconnecting, waiting", "refused: not due yet"},
    {"reconnecting, dialing", "link_wanted", "reconnecting, dialing", "refused: already reconnecting"},
    {"reconnecting, dialing", "link_unwanted", "down", "close_stream, link_health_changed"},
    {"reconnecting, dialing", "stream_opened", "reconnecting, dialing", "noted"},
    {"reconnecting, dialing", "registered_received", "registered", "link_registered, link_health_changed"},
    {"reconnecting, dialing", "stream_failed", "reconnecting, waiting", "close_stream, link_reconnecting"},
    {"reconnecting, dialing", "stream_closed", "reconnecting, waiting", "close_stream, link_reconnecting"},
    {"reconnecting, dialing", "error_reported", "reconnecting, waiting",
     "close_stream, link_error, link_reconnecting"},
    {"reconnecting, dialing", "frame_heard", "reconnecting, dialing", "refused: not registered yet"},
    {"reconnecting, dialing", "tick, due", "reconnecting, waiting", "close_stream, link_reconnecting"},
    {"reconnecting, dialing", "tick, early", "reconnecting, dialing", "refused: not due yet"},
    {"lost", "link_wanted", "dialing", "open_stream"},
    {"lost", "link_unwanted", "down", "noted"},
    {"lost", "stream_opened", "lost", "refused: stale stream; close_stream"},
    {"lost", "registered_received", "lost", "refused: stale stream"},
    {"lost", "stream_failed", "lost", "refused: stale stream"},
    {"lost", "stream_closed", "lost", "refused: stale stream"},
    {"lost", "error_reported", "lost", "refused: stale stream"},
    {"lost", "frame_heard", "lost", "refused: stale stream"},
    {"lost", "tick, due", "lost", "refused: nothing is awaited"},
    {"lost", "tick, early", "lost", "refused: nothing is awaited"},
};

bool of_older_stream(link_event_sample const& event) {
  return event.name.find("older stream") != std::string::npos;
}

TEST(link_pairs, every_pair_does_what_the_table_says) {
  std::size_t row = 0;
  for (auto const& from : link_samples())
    for (auto const& event : link_event_samples(from.state)) {
      if (of_older_stream(event)) continue;
      ASSERT_LT(row, std::size(expected));
      auto const& want = expected[row++];
      auto const outcome = link_probe(from, event);
      EXPECT_EQ(want.from, from.name);
      EXPECT_EQ(want.event, event.name) << from.name;
      EXPECT_EQ(want.to, outcome.to) << from.name << " x " << event.name;
      EXPECT_EQ(want.does, outcome.does) << from.name << " x " << event.name;
    }
  EXPECT_EQ(row, std::size(expected));
}

TEST(link_pairs, what_comes_from_an_older_stream_changes_nothing) {
  for (auto const& from : link_samples())
    for (auto const& event : link_event_samples(from.state)) {
      if (!of_older_stream(event)) continue;
      auto const done = step(from.state, event.event, {}, {.now = instant{} + 24h});
      EXPECT_EQ(done.ignored, "stale stream") << from.name << " x " << event.name;
      EXPECT_EQ(done.next, from.state);
      EXPECT_TRUE(done.notices.empty());
      bool const opened = std::holds_alternative<stream_opened>(event.event);
      EXPECT_EQ(done.commands.size(), opened ? 1U : 0U) << "one that opens late is closed";
    }
}

TEST(link_pairs, a_refusal_has_a_reason_and_changes_nothing) {
  for (auto const& from : link_samples())
    for (auto const& event : link_event_samples(from.state)) {
      auto const done = step(from.state, event.event, {}, {.now = instant{}});
      if (!done.ignored) continue;
      EXPECT_FALSE(done.ignored->empty());
      EXPECT_EQ(done.next, from.state);
    }
}

TEST(link_pairs, samples_cover_every_state_and_every_event) {
  std::set<link_state> states;
  std::set<std::size_t> events;
  auto const page = link_reference();
  for (auto const& from : link_samples()) {
    states.insert(from.state.state);
    for (auto const& event : link_event_samples(from.state)) {
      events.insert(event.event.index());
      EXPECT_NE(page.find(name(event.event)), std::string::npos);
    }
  }
  EXPECT_EQ(states.size(), static_cast<std::size_t>(link_state_count));
  EXPECT_EQ(events.size(), std::variant_size_v<link_event>);
  for (auto const state : states) EXPECT_NE(page.find(text(state)), std::string::npos);
}

}  // namespace
}  // namespace ostler::lifecycle
