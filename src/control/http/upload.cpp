#include "control/http/upload.hpp"

namespace ostler::control::http {

async::task<result<std::optional<std::string>>> connection::upload::next() {
  if (auto done = co_await from_.say_go_on(); !done) co_return std::unexpected(std::move(done.error()));
  for (;;) {
    auto piece = from_.reader_.take_body();
    if (!piece.empty()) {
      if (seen_) seen_->add(piece);
      co_return piece;
    }
    if (from_.reader_.done()) co_return std::nullopt;
    if (auto done = co_await from_.read_piece(); !done) co_return std::unexpected(std::move(done.error()));
  }
}

}  // namespace ostler::control::http
