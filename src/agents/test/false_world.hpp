// A world for agents in which time moves when it is told to, and connections are lists of texts.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agents/roster.hpp"
#include "wire/json_value.hpp"

namespace ostler::agents::test {

// What was sent to an agent, and how we parted from it.
class false_port : public text_port {
 public:
  bool send(std::string_view text) override {
    if (is_full || parted) return false;
    sent.emplace_back(text);
    return true;
  }
  void close(parting how, std::string_view) override {
    if (!parted) parted = how;
  }

  std::vector<std::string> sent;
  bool is_full = false;
  std::optional<parting> parted;
};

class false_world : public world {
 public:
  moment now() override {
    return {
        .now = time, .wall = wall_time(std::chrono::floor<milliseconds>(time.time_since_epoch())), .luck = 0};
  }
  std::string new_agent_id() override { return fmt::format("agt_{}", ++ids); }
  std::string new_session_id() override { return fmt::format("ses_{}", ++ids); }
  void dial(stream_key stream) override { dialled.push_back(stream); }
  void tell(operations::agent_event const& what, place const&) override {
    using kind = operations::agent_event_kind;
    std::string text;
    wire::write_part(text, what.type);
    text = text.substr(1, text.size() - 2);
    if (what.type == kind::status_changed) text = fmt::format("{} to {}", word(*what.from), word(*what.to));
    if (what.type == kind::reconnecting || what.type == kind::reconnect_failed)
      text += fmt::format(" {}/{}", what.attempt, what.attempts_max);
    if (what.type == kind::message) text += " " + what.content.text;
    told.push_back(text);
    events.push_back(what);
  }
  bool wants_heartbeats() const override { return heartbeats; }

  // Lets that much time pass, with every tick of it that is due.
  void pass(roster& all, milliseconds for_long) {
    auto const end = time + for_long;
    while (all.next_wake() && *all.next_wake() <= end) {
      time = std::max(time, *all.next_wake());
      all.wake();
    }
    time = end;
  }
  // What was told since the last look.
  std::vector<std::string> news() { return std::exchange(told, {}); }

  instant time{std::chrono::hours(1)};
  std::vector<stream_key> dialled;
  std::vector<std::string> told;
  std::vector<operations::agent_event> events;
  bool heartbeats = false;
  int ids = 0;

 private:
  static std::string word(operations::agent_state state) {
    std::string text;
    wire::write_part(text, state);
    return text.substr(1, text.size() - 2);
  }
};

}  // namespace ostler::agents::test
