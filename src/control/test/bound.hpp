// Every operation bound to an answer that holds nothing, so that the door can be tried without a daemon.
#pragma once

#include <memory>
#include <utility>

#include "control/bindings.hpp"
#include "operations/all.hpp"

namespace ostler::control::test {

class nothing_more : public byte_source {
 public:
  async::task<result<std::optional<std::string>>> next() override { co_return std::nullopt; }
};

template <class Answer> async::task<result<Answer>> empty_answer() { co_return Answer{}; }
inline async::task<result<byte_answer>> empty_bytes() {
  co_return byte_answer{.media = {}, .size = 0, .source = std::make_unique<nothing_more>()};
}
inline async::task<result<std::unique_ptr<byte_source>>> empty_lines() {
  co_return std::make_unique<nothing_more>();
}
inline async::task<void> say_nothing(peer_socket* with) {
  with->close(close_code::normal, "there is nothing to say");
  co_return;
}
inline async::task<result<conversation>> empty_conversation() { co_return conversation(say_nothing); }

template <class Operation> void bind_falsely(bindings& into) {
  using answer = typename Operation::answer;
  using enum operations::operation_transport;
  constexpr auto transport = Operation::about.transport;
  auto const value = [](auto const&...) { return empty_answer<answer>(); };
  if constexpr (transport == websocket)
    into.bind<Operation>([](auto const&...) { return empty_conversation(); });
  else if constexpr (transport == bytes_out)
    into.bind<Operation>([](auto const&...) { return empty_bytes(); });
  else if constexpr (!Operation::about.lines_when.empty())
    into.bind<Operation>(value, [](auto const&...) { return empty_lines(); });
  else
    into.bind<Operation>(value);
}

// All that is not bound yet.
inline void bind_all_falsely(bindings& into) {
  boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, operations::all_operations>>(
      [&]<class Operation>(boost::mp11::mp_identity<Operation>) {
        if (into.find(operations::entry_of<Operation>) == nullptr) bind_falsely<Operation>(into);
      });
}

}  // namespace ostler::control::test
