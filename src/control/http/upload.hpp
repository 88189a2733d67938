// The body of a request while it comes in, for whoever takes it piece by piece.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "control/byte_source.hpp"
#include "control/digest.hpp"
#include "control/http/connection.hpp"

namespace ostler::control::http {

// Reads on only when it is asked, so that a slow taker slows the sender down.
class connection::upload : public byte_source {
 public:
  explicit upload(connection& from) : from_(from) {}

  async::task<result<std::optional<std::string>>> next() override;

  // From now on a digest of all pieces is made.
  void count() { seen_.emplace(); }
  // Once, after the end.
  digest counted() { return seen_->value(); }

 private:
  connection& from_;
  std::optional<running_digest> seen_;
};

}  // namespace ostler::control::http
