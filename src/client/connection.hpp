// Asks the daemon for operations, each by its type. Blocks, and starts no thread: for the command line, which
// has to begin and end in milliseconds, and for tests.
//
//   client::connection daemon(*whereabouts::find_address(whereabouts::variables_of_this_process()));
//   auto const all = daemon.call<operations::instances_list>({});
//
// Nothing is dialled before the first call. The connection is kept for the next one and dialled anew when it
// was closed meanwhile. A refusal of the daemon comes as it was told. Beside it:
//   daemon_unreachable  nobody answers there; nothing was done
//   answer_lost         it was asked, and the answer did not come whole; the message says whether asking
//                       again does no harm: when twice is the same as once, or when a key was given
//   timed_out           the limit was over first
//   message_malformed   what answers is no daemon of ours
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "client/websocket.hpp"
#include "operations/operation.hpp"
#include "whereabouts/whereabouts.hpp"
#include "wire/json.hpp"

namespace ostler::client {

struct call_options {
  // The same request with the same key is done once, however often it is sent.
  std::string key;
  // Until the whole answer is there; of lines and of bytes, until it begins. Zero: no limit.
  milliseconds limit{60s};
  // When this becomes readable, the call ends with `cancelled`. For Ctrl-C; -1 for none.
  int stop_fd = -1;
};

// What a callback wants next. To stop is no failure.
enum class flow : std::uint8_t { go_on, stop };

using line_taker = std::function<flow(std::string_view json)>;
// An error ends the call, which returns it.
using bytes_taker = std::function<result<flow>(byte_view piece)>;
// Fills the front and says how much; 0 is the end.
using bytes_giver = std::function<result<std::size_t>(std::span<char> into)>;

class connection {
 public:
  explicit connection(whereabouts::daemon_address where);
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;
  ~connection();

  whereabouts::daemon_address const& where() const;

  template <class Operation>
  result<typename Operation::answer> call(typename Operation::request const& request,
                                          call_options const& options = {}) {
    return read_answer<typename Operation::answer>(call_text<Operation>(request, options));
  }

  // The answer as the daemon wrote it, to be printed.
  template <class Operation>
  result<std::string> call_text(typename Operation::request const& request,
                                call_options const& options = {}) {
    static_assert(Operation::about.transport == operations::operation_transport::json);
    return ask(operations::entry_of<Operation>, &request, options);
  }

  // One JSON line after the other until the daemon ends them or `take` stops. The request must say so
  // (`about.lines_when`).
  template <class Operation>
  result<void> call_lines(typename Operation::request const& request,
                          std::function<flow(typename Operation::line const&)> const& take,
                          call_options const& options = {}) {
    result<void> read;
    auto const done = ask_lines(
        operations::entry_of<Operation>, &request,
        [&](std::string_view json) {
          auto const line = wire::from_json<typename Operation::line>(json);
          if (line) return take(*line);
          read = std::unexpected(line.error());
          return flow::stop;
        },
        options);
    return done ? read : done;
  }

  // The same, each line as the daemon wrote it and without its end.
  template <class Operation>
  result<void> call_line_texts(typename Operation::request const& request, line_taker const& take,
                               call_options const& options = {}) {
    return ask_lines(operations::entry_of<Operation>, &request, take, options);
  }

  // When it succeeds without having been stopped, all bytes were given.
  template <class Operation>
  result<void> read_bytes(typename Operation::request const& request, bytes_taker const& take,
                          call_options const& options = {}) {
    static_assert(Operation::about.transport == operations::operation_transport::bytes_out);
    return ask_bytes(operations::entry_of<Operation>, &request, take, options);
  }

  // An error of `give` leaves the request without its end, so that the daemon takes nothing of it.
  template <class Operation>
  result<typename Operation::answer> write_bytes(typename Operation::request const& request,
                                                 bytes_giver const& give, call_options const& options = {}) {
    static_assert(Operation::about.transport == operations::operation_transport::bytes_in);
    return read_answer<typename Operation::answer>(
        ask_with_bytes(operations::entry_of<Operation>, &request, give, options));
  }

  // Over a connection of its own, which lives on without this one.
  template <class Operation>
  result<websocket> open_websocket(typename Operation::request const& request,
                                   call_options const& options = {}) const {
    static_assert(Operation::about.transport == operations::operation_transport::websocket);
    return upgrade(operations::entry_of<Operation>, &request, options);
  }

  // For those who know an operation by its name only. `request` is a request of that operation.
  result<std::string> ask(operations::operation_entry const& entry, void const* request,
                          call_options const& options);
  result<void> ask_lines(operations::operation_entry const& entry, void const* request,
                         line_taker const& take, call_options const& options);
  result<void> ask_bytes(operations::operation_entry const& entry, void const* request,
                         bytes_taker const& take, call_options const& options);
  result<std::string> ask_with_bytes(operations::operation_entry const& entry, void const* request,
                                     bytes_giver const& give, call_options const& options);
  result<websocket> upgrade(operations::operation_entry const& entry, void const* request,
                            call_options const& options) const;

 private:
  template <class Answer> static result<Answer> read_answer(result<std::string> const& text) {
    if (!text) return std::unexpected(text.error());
    return wire::from_json<Answer>(*text);
  }

  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace ostler::client
