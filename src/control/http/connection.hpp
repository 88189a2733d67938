// One connection of a client: requests one after another, each decided upon before anything is done for it,
// and the way to a WebSocket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "control/bindings.hpp"
#include "control/caller.hpp"
#include "control/http/request_reader.hpp"
#include "control/request_keys.hpp"
#include "control/stream.hpp"
#include "control/sweeper.hpp"
#include "operations/routes.hpp"

namespace ostler::control {
struct parts;
}

namespace ostler::control::http {

class connection : public watched {
 public:
  connection(parts& shared, stream connected, door_kind door);
  ~connection() override;

  // Until it ends.
  async::task<void> run();

  void look(instant now) override;
  void leave() override;
  void judge() override;
  void instance_gone(instance_id const& which) override;

 private:
  enum class next_step : std::uint8_t { another, end };
  // What was found out about a request before its body is read.
  struct admitted {
    operations::route route;
    caller who;
  };
  // The body of a request while it comes in.
  class upload;
  friend class upload;

  async::task<next_step> exchange();
  // False when the client closed instead.
  async::task<result<bool>> read_head();
  result<admitted> admit();
  // Before anything is read of it: is there a body where none is taken, is it too large?
  result<void> check_body(operations::operation_facts const& about) const;
  async::task<result<std::string>> read_body();
  async::task<result<void>> read_piece();
  async::task<result<void>> say_go_on();

  async::task<next_step> answer_request(admitted what);
  async::task<next_step> upgrade(admitted what);
  // The request as the code that answers it takes it.
  result<async::task<result<answer>>> begin(admitted& what, std::string_view body, byte_source* coming);
  async::task<result<answer>> answer_once(admitted* what, std::string body);
  // Empty without one.
  result<std::string> key_of(operations::operation_facts const& about) const;
  async::task<result<answer>> answer_keyed(admitted* what, std::string body);
  async::task<result<answer>> first_upload(admitted* what, std::shared_ptr<request_keys::entry> held);
  async::task<result<answer>> repeated_upload(std::shared_ptr<request_keys::entry> held);
  async::task<result<answer>> ask(async::task<result<answer>> work);
  async::task<next_step> give(answer what, operations::operation_facts const* about);
  async::task<next_step> give_text(std::string text);
  async::task<next_step> give_bytes(byte_answer what, std::string_view media);
  async::task<next_step> refuse(error why, std::string instance);
  async::task<void> linger();
  // How what is asked at the moment was answered: `ok`, or the code of the refusal.
  void count(std::string_view code);

  // At the end of the input: none.
  async::task<result<std::size_t>> fill(milliseconds limit);
  async::task<result<void>> write(std::string_view text);

  bool keeps_alive() const;

  parts& shared_;
  stream stream_;
  door_kind door_;
  // Of the request that is answered.
  caller::pass shown_;
  request_reader reader_;
  // Read from the stream and not by the reader yet: at most one piece.
  std::string input_;
  std::optional<instant> deadline_;
  // For the least rate of the body.
  milliseconds waited_for_body_{};
  std::size_t body_read_ = 0;
  // The reader has not yet seen all of the input.
  bool input_goes_on_ = true;
  bool in_request_ = false;
  bool must_close_ = false;
  // What comes can no longer be told apart into requests.
  bool broken_ = false;
  bool handed_over_ = false;
  // An answer that may go on for as long as the client likes, so it ends with the right to hear it.
  bool giving_bytes_ = false;
  // What is asked at the moment; empty while that is not known.
  std::string_view operation_;
};

}  // namespace ostler::control::http
