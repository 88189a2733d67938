// Who bears which token.
//
// A token is a name for what its bearer may do, so it is known by its digest only: whoever reads our file
// learns no token from it. The tokens of instances are not kept at all: each is derived from the id of the
// instance and a secret of ours, so that it is the same after a restart, and is good for as long as the
// instance lives. See docs/decisions/0052-tokens.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "control/caller.hpp"
#include "control/digest.hpp"

namespace ostler::control {

struct token_kept {
  // "first" is the one of the first start; its bearer is the user.
  std::string name;
  token_scope scope = token_scope::read_only;
  // Of one_instance.
  instance_id instance;
  digest hash{};

  bool operator==(token_kept const&) const = default;
};

// What a token lets its bearer be.
struct bearer {
  token_scope scope = token_scope::read_only;
  instance_id instance;
  std::string actor;
  // Of the token.
  digest hash{};
};

constexpr std::size_t token_size_max = 256;
constexpr std::size_t tokens_max = 1024;
inline constexpr std::string_view first_token_name = "first";

class token_book {
 public:
  token_book() = default;
  token_book(digest secret, std::vector<token_kept> kept) : secret_(secret), kept_(std::move(kept)) {}

  // None when nobody bears it. Takes the same time for every wrong one.
  std::optional<bearer> find(std::string_view token) const;
  // Is the token still good, and for the same? Without a token there is nothing to revoke.
  bool still_lets(caller::pass const& what) const;
  // The token that programs inside the instance get.
  std::string of_instance(instance_id const& which) const;

  digest const& secret() const { return secret_; }
  std::vector<token_kept> const& kept() const { return kept_; }

  // Gives the token, which is known to nobody afterwards but to whom it was given. name_taken, name_invalid,
  // limit_reached.
  result<std::string> add(std::string_view name, token_scope scope, instance_id const& which = {});
  // False when there is none of this name.
  bool revoke(std::string_view name);

 private:
  std::optional<bearer> find_of_instance(std::string_view token) const;

  digest secret_{};
  std::vector<token_kept> kept_;
};

}  // namespace ostler::control
