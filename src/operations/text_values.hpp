// Two values that are texts with a meaning of their own: a moment as people say it, and JSON that we carry
// without reading it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "wire/json_value.hpp"

namespace ostler::operations {

// "10m" (so long ago), "2026-11-21T12:16:03Z" or milliseconds since 1970. A text that says "ago" is kept as
// it was said: only who answers knows what time it is.
struct point_in_time {
  std::optional<milliseconds> ago;
  std::optional<wall_time> at;

  explicit operator bool() const { return ago || at; }
  wall_time against(wall_time now) const;
  bool operator==(point_in_time const&) const = default;
};

result<point_in_time> parse_point_in_time(std::string_view text);
// The empty text when nothing was said.
std::string format_point_in_time(point_in_time const& value);

void write(std::string& out, point_in_time const& value);
result<void> read(point_in_time& out, wire::json_value const& from, std::string const& path);

// The settings of a provider, the task of an agent. Empty stands for null.
struct unread_json {
  std::string text;
  bool operator==(unread_json const&) const = default;
};

void write(std::string& out, unread_json const& value);
result<void> read(unread_json& out, wire::json_value const& from, std::string const& path);

// The path of a file in an instance: any bytes that Linux allows, so that whatever is there can be named.
struct file_path {
  std::string text;
  bool operator==(file_path const&) const = default;
};

void write(std::string& out, file_path const& value);
result<void> read(file_path& out, wire::json_value const& from, std::string const& path);

}  // namespace ostler::operations
