// Who asks: what the guard found out about a request, for whoever answers it.
//
// The scope says what the caller may do at all, and the guard has refused what it may not. What is left to
// the answer is what only it can know: a token of one instance sees that instance and nothing of others, also
// where the operation names no instance (lists, agents).
#pragma once

#include <cstdint>
#include <string>

#include "base/id.hpp"
#include "control/digest.hpp"

namespace ostler::control {

enum class token_scope : std::uint8_t { read_only, one_instance, admin };
enum class door_kind : std::uint8_t { unix_socket, tcp };

struct caller {
  token_scope scope = token_scope::read_only;
  // Of one_instance; none for the others.
  instance_id instance;
  // Who is named in the events: "user" for who came by the socket or with the first token, the name of the
  // token for others, the id of the instance for a program inside one.
  std::string actor;
  door_kind door = door_kind::tcp;
  // The Idempotency-Key of a change, empty without one. Repeats whose answer is known never reach the code
  // that answers; the key is for what must find again what it had begun when the daemon was killed.
  std::string request_key;
  // SHA-256 of the token that was shown; zero without one.
  digest token{};

  // What remains of a caller for as long as a connection of it is open.
  struct pass {
    digest token{};
    token_scope scope = token_scope::read_only;
    instance_id instance;
  };
  pass shown() const { return {.token = token, .scope = scope, .instance = instance}; }

  // May it see what belongs to this instance?
  bool sees(instance_id const& which) const {
    return scope != token_scope::one_instance || instance == which;
  }
};

}  // namespace ostler::control
