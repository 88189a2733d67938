// The shortest conversation: every message goes back as it came.
#pragma once

#include <utility>

#include "control/peer_socket.hpp"

namespace ostler::control::test {

inline async::task<void> echo(peer_socket* with) {
  for (;;) {
    auto got = co_await with->receive();
    if (!got || !*got) co_return;
    if (auto const sent = co_await with->send(std::move(**got)); !sent) co_return;
  }
}

}  // namespace ostler::control::test
