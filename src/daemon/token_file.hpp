// The tokens on disk: digests and the secret from which those of instances are derived in `tokens`, and the
// first token in `token`, for the programs of the same user.
#pragma once

#include <string>

#include "base/result.hpp"
#include "control/tokens.hpp"

namespace ostler::daemon {

// Made when it is not there, with its first token. A file that cannot be read is refused, never replaced: it
// holds the secret that running programs rely on.
result<control::token_book> open_tokens(int state_directory);
result<void> keep_tokens(int state_directory, control::token_book const& book);

}  // namespace ostler::daemon
