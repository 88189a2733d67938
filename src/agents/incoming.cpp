#include "agents/incoming.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "wire/json_value.hpp"

namespace ostler::agents {
namespace {

template <class Message> result<incoming> read_as(wire::json_value const& content) {
  Message out;
  if (auto const read = wire::read_part(out, content, "$"); !read) return std::unexpected(read.error());
  return out;
}

}  // namespace

bool is_plain_heartbeat(std::string_view text) {
  return text == R"({"type":"heartbeat"})" || text == R"({"type": "heartbeat"})";
}

result<incoming> read_incoming(std::string_view text) {
  if (is_plain_heartbeat(text)) return operations::agent_heartbeat{};
  auto const content = wire::parse_json(text);
  if (!content) return std::unexpected(content.error());
  auto const* object = content->if_object();
  auto const* type = object == nullptr ? nullptr : object->if_contains("type");
  auto const* word = type == nullptr ? nullptr : type->if_string();
  if (word == nullptr) return fail(error_code::message_malformed, "a message of an agent has no type");
  auto const is = [&](std::string_view what) { return std::string_view(*word) == what; };
  if (is("heartbeat")) return operations::agent_heartbeat{};
  if (is("message")) return read_as<operations::agent_message>(*content);
  if (is("error")) return read_as<operations::agent_error>(*content);
  if (is("register")) return read_as<operations::agent_register>(*content);
  if (is("unregister")) return operations::agent_unregister{};
  if (is("registered")) return said_registered{};
  return fail(error_code::message_malformed,
              fmt::format("a message of an agent has the type {}; allowed: register, registered, heartbeat, "
                          "message, error, unregister",
                          in_quotes(*word)));
}

}  // namespace ostler::agents
