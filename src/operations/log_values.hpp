// Lines that services and sessions printed.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"

namespace ostler::operations {

enum class log_stream : std::uint8_t { out, err };
BOOST_DESCRIBE_ENUM(log_stream, out, err)

// line: printed. lifecycle: what we say about the service in between. gap: lines that are not kept.
enum class log_line_kind : std::uint8_t { line, lifecycle, gap };
BOOST_DESCRIBE_ENUM(log_line_kind, line, lifecycle, gap)

struct log_line {
  log_line_kind kind = log_line_kind::line;
  std::string service;
  std::string session;
  wall_time time{};
  log_stream stream = log_stream::out;
  std::string text;
  std::uint64_t run = 0;
  // It goes on in the next one: lines are split where they are too long.
  bool continued = false;
  // It does not match itself, but stands near one that does.
  bool context = false;
  // Of a gap.
  std::uint64_t dropped = 0;
};
BOOST_DESCRIBE_STRUCT(log_line, (),
                      (kind, service, session, time, stream, text, run, continued, context, dropped))

struct log_page {
  std::vector<log_line> lines;
  // For the next question; it stays valid over restarts of the service and of the daemon.
  std::string next_cursor;
  std::uint64_t matched = 0;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(log_page, (), (lines, next_cursor, matched, truncated))

}  // namespace ostler::operations
