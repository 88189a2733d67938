// Work for a client that may go away meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "async/task.hpp"
#include "control/stream.hpp"

namespace ostler::control::http {

// Runs `work`, and cancels it when the client has gone away: it has closed its side, or the connection broke.
// False then. What the client sends meanwhile is left where it is.
async::task<bool> while_there(stream* client, async::task<void> work);

namespace detail {
template <class T> async::task<void> keep(std::optional<T>* answer, async::task<T> work) {
  answer->emplace(co_await std::move(work));
}
}  // namespace detail

// None when the client has gone away.
template <class T> async::task<std::optional<T>> answer_while_there(stream* client, async::task<T> work) {
  std::optional<T> answer;
  auto kept = detail::keep<T>(&answer, std::move(work));
  co_await while_there(client, std::move(kept));
  co_return std::move(answer);
}

}  // namespace ostler::control::http
