#include "control/tokens.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::control {
namespace {

// A token is known as one of ours wherever it turns up: in a log, in a commit.
constexpr std::string_view kept_prefix = "ostler_";
constexpr std::string_view instance_prefix = "ostler_ins_";
// What else the secret is used for must not give the same digests.
constexpr std::string_view instance_purpose = "token of an instance, 1: ";

std::string derived(digest const& secret, instance_id const& which) {
  std::string_view const key(reinterpret_cast<char const*>(secret.data()), secret.size());
  return in_hex(hmac_sha256(key, std::string(instance_purpose) + which.bare()));
}

}  // namespace

std::optional<bearer> token_book::find(std::string_view token) const {
  if (token.size() > token_size_max) return std::nullopt;
  if (token.starts_with(instance_prefix)) return find_of_instance(token);
  auto const hash = sha256(token);
  token_kept const* found = nullptr;
  // To the end also when it was found, so that the time tells nothing.
  for (auto const& one : kept_)
    if (equal_in_secret(one.hash, hash)) found = &one;
  if (found == nullptr) return std::nullopt;
  bool const is_user = found->name == first_token_name;
  return bearer{.scope = found->scope,
                .instance = found->instance,
                .actor = is_user ? "user" : fmt::format("token {}", found->name),
                .hash = hash};
}

std::optional<bearer> token_book::find_of_instance(std::string_view token) const {
  auto const whole = sha256(token);
  token.remove_prefix(instance_prefix.size());
  auto const end = token.find('_');
  if (end == token.npos) return std::nullopt;
  auto const which = instance_id::parse(fmt::format("{}{}", instance_kind::prefix, token.substr(0, end)));
  // Compared as digests, so that the lengths are the same whatever was sent.
  auto const given = sha256(token.substr(end + 1));
  auto const right = sha256(derived(secret_, which ? *which : instance_id{}));
  if (!equal_in_secret(given, right) || !which || !*which) return std::nullopt;
  return bearer{
      .scope = token_scope::one_instance, .instance = *which, .actor = which->text(), .hash = whole};
}

bool token_book::still_lets(caller::pass const& what) const {
  if (what.token == digest{}) return true;
  for (auto const& one : kept_)
    if (equal_in_secret(one.hash, what.token))
      return one.scope == what.scope && one.instance == what.instance;
  return what.scope == token_scope::one_instance && what.instance &&
         equal_in_secret(sha256(of_instance(what.instance)), what.token);
}

std::string token_book::of_instance(instance_id const& which) const {
  return fmt::format("{}{}_{}", instance_prefix, which.bare(), derived(secret_, which));
}

result<std::string> token_book::add(std::string_view name, token_scope scope, instance_id const& which) {
  auto label = parse_name("token name", name);
  if (!label) return std::unexpected(std::move(label.error()));
  if (std::ranges::find(kept_, *label, &token_kept::name) != kept_.end())
    return fail(error_code::name_taken,
                fmt::format("there is a token {} already; revoke it first", in_quotes(name)));
  if (kept_.size() >= tokens_max)
    return fail(error_code::limit_reached,
                fmt::format("there are {} tokens, and no more are kept; revoke some", kept_.size()));
  auto token = fmt::format("{}{}", kept_prefix, in_hex(random_digest()));
  kept_.push_back({.name = std::move(*label), .scope = scope, .instance = which, .hash = sha256(token)});
  return token;
}

bool token_book::revoke(std::string_view name) {
  return std::erase_if(kept_, [&](token_kept const& one) { return one.name == name; }) > 0;
}

}  // namespace ostler::control
