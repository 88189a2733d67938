// What a keeper tells the program that takes its place by exec: the sessions that go on, with the numbers of
// their descriptors. The children stay children, because the process stays the same.
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "wire/keeper_link.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

// Of one terminal; with more, many sessions would not fit a message.
inline constexpr std::size_t handed_scrollback_max = std::size_t{32} * 1024;

struct handed_session {
  std::string session;
  std::string label;
  std::vector<std::string> command;
  wall_time opened{};
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  bool asked = false;
  std::optional<wire::exit_told> exit;
  // Its end is on record.
  bool closed = false;
  // It was told to end, and is forgotten then.
  bool ending = false;
  bool forget = false;
  // What is left of its time.
  std::optional<milliseconds> limit;
  wire::on_time_limit at_limit = wire::on_time_limit::detach;
  std::optional<wire::terminal_size> terminal;
  // -1 for none. Of a terminal, `out` is the one there is.
  std::int32_t in = -1;
  std::int32_t out = -1;
  std::int32_t err = -1;
  // Not yet written to `in`.
  std::string pending;
  std::string scrollback;
};
BOOST_DESCRIBE_STRUCT(handed_session, (),
                      (session, label, command, opened, pid, start_ticks, asked, exit, closed, ending, forget,
                       limit, at_limit, terminal, in, out, err, pending, scrollback))

struct handed_sessions {
  std::uint64_t last_number = 0;
  std::vector<handed_session> sessions;
};
BOOST_DESCRIBE_STRUCT(handed_sessions, (), (last_number, sessions))

}  // namespace ostler::keeper
