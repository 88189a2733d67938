// One request and its answer, over a connection that may break at every moment of it. Says of every loss what
// is known about the request: nothing was done, it may be asked again, or nobody knows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "client/connection.hpp"
#include "client/http.hpp"
#include "client/stream.hpp"
#include "operations/error_values.hpp"
#include "operations/request_reading.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::client {

class exchange {
 public:
  // All must outlive it.
  exchange(whereabouts::daemon_address const& where, operations::operation_facts const& about,
           call_options const& options);

  // Each asks, and succeeds when the answer has begun and is no refusal. `kept` is a connection from before,
  // or none.
  result<void> begin(operations::request_line const& line, std::unique_ptr<stream> kept);
  result<void> begin_with_bytes(operations::request_line const& line, bytes_giver const& give);
  result<void> begin_upgrade(operations::request_line const& line, std::string_view key);

  // Of the body, waited for; nothing when it is whole. Valid until the next call.
  result<std::optional<std::string_view>> next_piece();
  // No limit for what is still to come.
  void wait_for_ever() { end_.deadline.reset(); }

  // What came behind the answer.
  std::string_view rest() const { return reader_.rest(); }
  // The connection when it may be used again; after an upgrade always.
  std::unique_ptr<stream> release();

 private:
  std::string head_of(operations::request_line const& line, std::string_view more) const;
  result<void> dial();
  result<void> send(std::string_view bytes);
  result<void> send_bytes(bytes_giver const& give);
  // Once: what was kept may have been closed meanwhile.
  result<void> ask_once(std::string_view bytes);
  result<void> await_answer();
  result<void> fill();
  result<void> refusal();
  // What became of it, said by what is known of the operation.
  error told(error const& cause) const;

  whereabouts::daemon_address const& where_;
  operations::operation_facts const& about_;
  call_options const& options_;
  wait_end end_;
  std::unique_ptr<stream> stream_;
  response_reader reader_;
  // Some of the request may have arrived.
  bool asked_ = false;
  // The other side spoke before all was sent; it may not have read the rest.
  bool cut_short_ = false;
};

}  // namespace ostler::client
