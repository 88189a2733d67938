// The tokens on disk: what token_book needs and nothing that is a token, in a file for our own user alone.
//
// Beside it lies, also for our own user alone, the token of the first start, because a token that nobody ever
// saw is of no use; who wants none there removes it. Others may change the file while we run (a command that
// revokes a token); it is replaced as a whole, so that is seen by looking whether it is still the same.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "control/tokens.hpp"

namespace ostler::control {

class token_file {
 public:
  // In a directory that belongs to us. Nothing is touched yet.
  explicit token_file(std::string directory);

  // Makes what is not there: a secret, and the first token. not_permitted when others could read it,
  // text_malformed when it is none of ours: a door that took a damaged file for an empty one would shut out
  // everybody, or worse.
  result<token_book> open();
  result<token_book> read() const;
  // In one step, and kept over a power cut: a token that was revoked must not come back.
  result<void> write(token_book const& book) const;

  // Reads it again whenever it was changed, for as long as it is not cancelled. What cannot be read is told,
  // and changes nothing.
  async::task<void> follow(milliseconds period, std::function<void(result<token_book>)> hear) const;

  std::string path() const { return directory_ + "/tokens.json"; }
  std::string first_token_path() const { return directory_ + "/token"; }

 private:
  std::string directory_;
};

}  // namespace ostler::control
