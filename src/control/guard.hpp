// What must be so before anything is done for a request. Pure: what came in, what is allowed, and out comes
// who asks or why not.
//
// Two things are kept out. Web pages: a browser lets every page send requests to us and tells us in Host,
// Origin and Sec-Fetch-Site that it was one, so each must be one of ours, on every route and every upgrade.
// And whoever has no right: a token says what its bearer may do; who comes by the unix socket as our own user
// may do everything, because he could read our files anyway.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/caller.hpp"
#include "control/tokens.hpp"
#include "operations/operation.hpp"
#include "operations/routes.hpp"

namespace ostler::control {

// Of one request, as it came: every value of each of these fields, also when there are several.
struct knock {
  door_kind door = door_kind::tcp;
  std::vector<std::string_view> host = {};
  std::vector<std::string_view> origin = {};
  std::vector<std::string_view> fetch_site = {};
  std::vector<std::string_view> authorization = {};
  // Sec-WebSocket-Protocol; browsers have no other place for a token there.
  std::vector<std::string_view> protocols = {};
};

// A token in a list of subprotocols follows this.
inline constexpr std::string_view token_protocol = "ostler.token.";

// Which instance a text names, id or name; none when there is none.
using instance_finder = std::function<std::optional<instance_id>(std::string_view)>;

// The authorities under which we are asked at a port: "localhost:7070", …
std::vector<std::string> authorities_of(std::uint16_t port);

// `authorities`: as above, all we are asked under. origin_refused, with what was wrong.
result<void> refuse_pages(knock const& what, std::span<std::string const> authorities);

// not_authorized without a right token. A token that came is looked at also where none is needed.
result<caller> identify(knock const& what, token_book const& tokens);

// scope_refused when it may not do that; not_authorized when it is for an instance that is gone. What stands
// in braces is looked at as it came.
result<void> allow(caller const& who, operations::route const& what, instance_finder const& find);

// Of tokens of one instance, which end with it.
inline constexpr std::string_view instance_gone = "the instance of this token is gone, and the token with it";

// May everybody ask it, without a token? Only whether we are there.
bool is_public(operations::operation_facts const& about);

}  // namespace ostler::control
