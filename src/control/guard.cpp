#include "control/guard.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/name.hpp"
#include "operations/url.hpp"

namespace ostler::control {
namespace {

using operations::operation_kind;
using operations::operation_scope;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

bool is_one_of(std::string_view authority, std::span<std::string const> authorities) {
  return std::ranges::any_of(authorities,
                             [&](auto const& ours) { return equal_ignoring_case(authority, ours); });
}

bool names_this_machine(std::string_view authority) {
  constexpr std::string_view ours[] = {"localhost", "127.0.0.1", "[::1]"};
  return std::ranges::any_of(ours, [&](std::string_view name) {
    return authority.starts_with(name) && (authority.size() == name.size() || authority[name.size()] == ':');
  });
}

bool host_is_ours(knock const& what, std::span<std::string const> authorities) {
  if (what.door == door_kind::tcp) return what.host.size() == 1 && is_one_of(what.host[0], authorities);
  // By the unix socket no name was looked up and no page can come, so the port means nothing.
  if (what.host.empty()) return true;
  return what.host.size() == 1 && (what.host[0].empty() || names_this_machine(what.host[0]));
}

bool origin_is_ours(knock const& what, std::span<std::string const> authorities) {
  constexpr std::string_view scheme = "http://";
  if (what.origin.empty()) return true;
  auto const origin = what.origin[0];
  return what.origin.size() == 1 && origin.starts_with(scheme) &&
         is_one_of(origin.substr(scheme.size()), authorities);
}

bool site_is_ours(knock const& what) {
  if (what.fetch_site.empty()) return true;
  auto const site = what.fetch_site[0];
  return what.fetch_site.size() == 1 && (site == "same-origin" || site == "none");
}

std::string seen(std::vector<std::string_view> const& values) {
  if (values.empty()) return "missing";
  return values.size() > 1 ? fmt::format("given {} times", values.size()) : in_quotes(values[0]);
}

std::unexpected<error> refuse_page(std::string_view field, std::vector<std::string_view> const& values) {
  return fail(
      error_code::origin_refused,
      fmt::format("the field {} is {}, so this may come from a page of somebody else", field, seen(values)));
}

std::unexpected<error> unauthorized(std::string why) {
  return fail(error_code::not_authorized, std::move(why), {}, {"ostler doctor"});
}

// Empty when none was given.
result<std::string_view> token_given(knock const& what) {
  constexpr std::string_view scheme = "Bearer ";
  if (what.authorization.size() > 1) return unauthorized("the field Authorization is given several times");
  if (!what.authorization.empty()) {
    auto const value = what.authorization[0];
    if (value.size() <= scheme.size() || !equal_ignoring_case(value.substr(0, scheme.size()), scheme))
      return unauthorized("the field Authorization does not say `Bearer` and a token");
    return value.substr(scheme.size());
  }
  std::string_view found;
  for (auto const one : what.protocols) {
    if (!one.starts_with(token_protocol)) continue;
    if (!found.empty()) return unauthorized("several tokens are given as subprotocols");
    found = one.substr(token_protocol.size());
    if (found.empty()) return unauthorized("a subprotocol holds an empty token");
  }
  return found;
}

std::unexpected<error> out_of_scope(std::string_view may, operations::operation_facts const& about) {
  return fail(error_code::scope_refused, fmt::format("{}; {} needs more", may, about.name));
}

}  // namespace

std::vector<std::string> authorities_of(std::uint16_t port) {
  std::vector<std::string> out;
  for (std::string_view const name : {"localhost", "127.0.0.1", "[::1]"}) {
    out.push_back(fmt::format("{}:{}", name, port));
    // The port that clients leave out.
    if (port == 80) out.emplace_back(name);
  }
  return out;
}

result<void> refuse_pages(knock const& what, std::span<std::string const> authorities) {
  if (!host_is_ours(what, authorities)) return refuse_page("Host", what.host);
  if (!origin_is_ours(what, authorities)) return refuse_page("Origin", what.origin);
  if (!site_is_ours(what)) return refuse_page("Sec-Fetch-Site", what.fetch_site);
  return {};
}

result<caller> identify(knock const& what, token_book const& tokens) {
  auto const given = token_given(what);
  if (!given) return std::unexpected(given.error());
  if (given->empty()) {
    if (what.door == door_kind::tcp) return unauthorized("no token is given");
    return caller{.scope = token_scope::admin, .instance = {}, .actor = "user", .door = what.door};
  }
  auto found = tokens.find(*given);
  if (!found) return unauthorized("nobody has the token that is given; it may have been revoked");
  return caller{.scope = found->scope,
                .instance = found->instance,
                .actor = std::move(found->actor),
                .door = what.door,
                .request_key = {},
                .token = found->hash};
}

result<void> allow(caller const& who, operations::route const& what, instance_finder const& find) {
  auto const& about = *what.operation->about;
  switch (who.scope) {
    case token_scope::admin: return {};
    case token_scope::read_only:
      if (about.kind == operation_kind::read && about.scope != operation_scope::admin) return {};
      return out_of_scope("this token may only read", about);
    case token_scope::one_instance: break;
  }
  if (!find(who.instance.text())) return unauthorized(std::string(instance_gone));
  if (about.scope == operation_scope::admin) return out_of_scope("this token is for one instance", about);
  for (auto const& [name, text] : what.fields()) {
    if (name != "instance") continue;
    auto const plain = operations::percent_decoded("the instance", text, operations::plus_sign::is_itself);
    auto const named = plain ? find(*plain) : std::nullopt;
    // The same words for another instance and for none: the token tells nothing about what it is not for.
    if (!named || *named != who.instance)
      return out_of_scope("this token is for one instance, not for that", about);
  }
  return {};
}

bool is_public(operations::operation_facts const& about) { return about.path == "/health"; }

}  // namespace ostler::control
