// Which code answers which operation.
//
// The form of an answer follows from the transport of its operation, and the compiler checks it:
//
//   json        task<result<Answer>>(Request, caller)
//   bytes_out   task<result<byte_answer>>(Request, caller)
//   bytes_in    task<result<Answer>>(Request, byte_source* body, caller)
//   websocket   task<result<conversation>>(Request, caller)
//
// and for a json operation with `lines_when` a second function for when that field is set:
//
//               task<result<std::unique_ptr<byte_source>>>(Request, caller)
//
// whose source gives JSON lines. What goes over a WebSocket is decided before the upgrade, so that a refusal
// is an ordinary answer with a status; the conversation begins after it.
//
//   answers.bind<operations::instances_get>([this](auto request, auto who) { return get(request, who); });
//
// The task is cancelled when the caller has gone away, unless it gave a request key: then it is carried to
// its end, because the same caller will come again and ask how it went. A lambda with captures must not
// itself be a coroutine; it calls one.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "async/task.hpp"
#include "base/ensure.hpp"
#include "base/result.hpp"
#include "control/byte_source.hpp"
#include "control/caller.hpp"
#include "control/peer_socket.hpp"
#include "operations/operation.hpp"
#include "operations/request_reading.hpp"

namespace ostler::control {

// A JSON document, already written.
struct json_answer {
  std::string text;
};
using answer = std::variant<json_answer, byte_answer, conversation>;

// Refuses what cannot be read before anything is done. `body` is null but for bytes_in, and outlives the
// task.
using answerer = std::move_only_function<result<async::task<result<answer>>>(
    operations::request_parts const& parts, byte_source* body, caller who)>;

namespace detail {

using operations::operation_transport;

template <class Operation> using request_of = typename Operation::request;
template <class Operation> using answer_of = typename Operation::answer;

template <class Operation, operation_transport Transport>
concept is_of = Operation::about.transport == Transport;

template <class Handler, class Operation, class Given>
concept gives = requires(Handler& handler, request_of<Operation> request, caller who) {
  { handler(std::move(request), std::move(who)) } -> std::same_as<async::task<result<Given>>>;
};
template <class Handler, class Operation>
concept takes_bytes =
    requires(Handler& handler, request_of<Operation> request, byte_source* body, caller who) {
      {
        handler(std::move(request), body, std::move(who))
      } -> std::same_as<async::task<result<answer_of<Operation>>>>;
    };

using lines = std::unique_ptr<byte_source>;

template <class Answer> async::task<result<answer>> as_json(async::task<result<Answer>> work) {
  auto given = co_await std::move(work);
  if (!given) co_return std::unexpected(std::move(given.error()));
  json_answer out;
  operations::shape_of<Answer>.write(out.text, &*given);
  co_return out;
}
async::task<result<answer>> as_bytes(async::task<result<byte_answer>> work);
async::task<result<answer>> as_lines(async::task<result<lines>> work);
async::task<result<answer>> as_conversation(async::task<result<conversation>> work);

// Is the field set that turns the answer into lines?
bool asks_for_lines(operations::operation_entry const& entry, void const* request);

}  // namespace detail

template <class Handler, class Operation>
concept answers_json = detail::is_of<Operation, operations::operation_transport::json> &&
                       detail::gives<Handler, Operation, detail::answer_of<Operation>>;
template <class Handler, class Operation>
concept answers_bytes = detail::is_of<Operation, operations::operation_transport::bytes_out> &&
                        detail::gives<Handler, Operation, byte_answer>;
template <class Handler, class Operation>
concept answers_upload = detail::is_of<Operation, operations::operation_transport::bytes_in> &&
                         detail::takes_bytes<Handler, Operation>;
template <class Handler, class Operation>
concept answers_websocket = detail::is_of<Operation, operations::operation_transport::websocket> &&
                            detail::gives<Handler, Operation, conversation>;

class bindings {
 public:
  template <class Operation, class Handler>
    requires(answers_json<Handler, Operation> && Operation::about.lines_when.empty())
  void bind(Handler handler) {
    add<Operation>([handler = std::move(handler)](auto request, byte_source*, caller who) mutable {
      return detail::as_json<typename Operation::answer>(handler(std::move(request), std::move(who)));
    });
  }

  template <class Operation, class Handler, class Lines>
    requires(answers_json<Handler, Operation> && !Operation::about.lines_when.empty() &&
             detail::gives<Lines, Operation, detail::lines>)
  void bind(Handler handler, Lines lines) {
    add<Operation>([handler = std::move(handler), lines = std::move(lines)](auto request, byte_source*,
                                                                            caller who) mutable {
      if (detail::asks_for_lines(operations::entry_of<Operation>, &request))
        return detail::as_lines(lines(std::move(request), std::move(who)));
      return detail::as_json<typename Operation::answer>(handler(std::move(request), std::move(who)));
    });
  }

  template <class Operation, class Handler>
    requires answers_bytes<Handler, Operation>
  void bind(Handler handler) {
    add<Operation>([handler = std::move(handler)](auto request, byte_source*, caller who) mutable {
      return detail::as_bytes(handler(std::move(request), std::move(who)));
    });
  }

  template <class Operation, class Handler>
    requires answers_upload<Handler, Operation>
  void bind(Handler handler) {
    add<Operation>([handler = std::move(handler)](auto request, byte_source* body, caller who) mutable {
      return detail::as_json<typename Operation::answer>(handler(std::move(request), body, std::move(who)));
    });
  }

  template <class Operation, class Handler>
    requires answers_websocket<Handler, Operation>
  void bind(Handler handler) {
    add<Operation>([handler = std::move(handler)](auto request, byte_source*, caller who) mutable {
      return detail::as_conversation(handler(std::move(request), std::move(who)));
    });
  }

  // Null when nothing is bound to it.
  answerer* find(operations::operation_entry const& entry);
  // The operations that nothing is bound to, in the order of their list. A program with any of them does not
  // start: a door that answers "not yet" is a lie.
  std::vector<std::string_view> missing() const;

 private:
  template <class Operation, class Start> void add(Start start) {
    keep(Operation::about.name,
         [start = std::move(start)](operations::request_parts const& parts, byte_source* body,
                                    caller who) mutable -> result<async::task<result<answer>>> {
           auto request = operations::read_request<Operation>(parts);
           if (!request) return std::unexpected(std::move(request.error()));
           return start(std::move(*request), body, std::move(who));
         });
  }
  void keep(std::string_view name, answerer how);

  std::map<std::string_view, answerer> all_;
};

}  // namespace ostler::control
