// How one operation is stated: all that REST, OpenAPI, MCP, the command line and the page in the browser must
// know of it, in one place. An operation is a type
//
//   struct instance_get : operation<instance_named, instance> {
//     static constexpr operation_facts about{.name = "instances.get", …};
//   };
//
// so that who carries it out and who calls it are checked by the compiler, and what all have in common is
// data.
//
// Where the fields of the request stand follows from the facts: those in braces in the path; the others in
// the body when it is JSON that is sent (POST, PUT and PATCH), else in the query.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "operations/daemon_values.hpp"
#include "operations/shape.hpp"

namespace ostler::operations {

enum class http_method : std::uint8_t { get, put, post, patch, remove };
std::string_view name(http_method method);

// read: nothing is changed. change: something is, and can be changed back. destroy: something ends or goes.
enum class operation_kind : std::uint8_t { read, change, destroy };
std::string_view name(operation_kind kind);

// What the token of a caller must allow.
//   read_only     any token; the answer holds only what the token may see
//   one_instance  a token for the instance that the request names; one that may only read, for kind `read`
//   admin         a token for everything
enum class operation_scope : std::uint8_t { read_only, one_instance, admin };
std::string_view name(operation_scope scope);

//   json       one JSON document is answered
//   bytes_out  bytes are answered
//   bytes_in   the body of the request is bytes; JSON is answered
//   websocket  the connection is upgraded; the answer is what the daemon sends
enum class operation_transport : std::uint8_t { json, bytes_out, bytes_in, websocket };
std::string_view name(operation_transport transport);

enum class tool_set : std::uint8_t { none, core, files, admin };
std::string_view name(tool_set set);

// The tool of this name for agents. All four hints are always said, because what is left out is taken for the
// worst.
struct tool_facts {
  std::string_view name = {};
  tool_set set = tool_set::none;
  bool read_only = false;
  bool destructive = true;
  bool idempotent = false;
  bool open_world = true;

  constexpr explicit operator bool() const { return set != tool_set::none; }
};

struct operation_facts {
  std::string_view name;  // "instances.get": the group and the act
  std::string_view help;  // one line, as it stands in the help of the command line
  std::string_view detail = {};
  std::string_view command = {};  // on the command line, without the program's name; empty when it has none
  http_method method = http_method::get;
  std::string_view path;
  operation_kind kind = operation_kind::read;
  // Twice is the same as once.
  bool idempotent = true;
  // What it makes bears the key of the request: asked again, it finds that, also when nobody knows its end.
  bool key_stays = false;
  operation_scope scope = operation_scope::read_only;
  operation_transport transport = operation_transport::json;
  // It goes on to the keeper of the instance, which may be out of reach or unable.
  bool asks_keeper = false;
  // Of bytes.
  std::string_view media = {};
  // The field that turns the answer into JSON lines which go on until the client leaves.
  std::string_view lines_when = {};
  // Beside those that follow from the facts above; see errors_of().
  std::span<error_code const> errors = {};
  tool_facts tool = {};
};

template <error_code... Codes> inline constexpr std::array<error_code, sizeof...(Codes)> codes{Codes...};

// `Incoming`: the messages of the client, when it is a websocket. `Line`: each line, when `lines_when` is
// given.
template <class Request, class Answer, class Incoming = done, class Line = done> struct operation {
  using request = Request;
  using answer = Answer;
  using incoming = Incoming;
  using line = Line;
};

// An operation without its types.
struct operation_entry {
  operation_facts const* about;
  shape const* request;
  shape const* answer;
  shape const* incoming;
  shape const* line;
};

template <class Operation>
inline constexpr operation_entry entry_of{
    .about = &Operation::about,
    .request = &shape_of<typename Operation::request>,
    .answer = &shape_of<typename Operation::answer>,
    .incoming = &shape_of<typename Operation::incoming>,
    .line = &shape_of<typename Operation::line>,
};

constexpr bool sends_json(operation_facts const& about) {
  return about.transport == operation_transport::json &&
         (about.method == http_method::post || about.method == http_method::put ||
          about.method == http_method::patch);
}

// Calls with each part of a path between slashes; ends early when the function says false.
template <class Function> constexpr bool each_segment(std::string_view path, Function function) {
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    auto const end = std::min(path.find('/'), path.size());
    if (!function(path.substr(0, end))) return false;
    if (end == path.size()) return true;
    path.remove_prefix(end + 1);
  }
}

constexpr bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
constexpr std::string_view placeholder_name(std::string_view segment) {
  return segment.substr(1, segment.size() - 2);
}

constexpr bool is_in_path(operation_facts const& about, std::string_view field) {
  return !each_segment(about.path, [&](std::string_view segment) {
    return !is_placeholder(segment) || placeholder_name(segment) != field;
  });
}

}  // namespace ostler::operations
