// One connection to one keeper: requests and their answers, streams with credit, and what it tells.
//
// It belongs to the loop. Whoever has it may ask at any time; when the connection ends, everything that waits
// hears link_failed, and it is never used again: the next connection is another object.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/bell.hpp"
#include "async/task.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_link.hpp"
#include "wire/message.hpp"

namespace ostler::supervisor {

using async::task;

class keeper_client;

// Our end of one stream. Reading gives the keeper its credit, so that a slow reader costs no memory; writing
// waits for the credit that the keeper gives.
class keeper_stream {
 public:
  explicit keeper_stream(std::shared_ptr<keeper_client> owner);
  keeper_stream(keeper_stream const&) = delete;
  keeper_stream& operator=(keeper_stream const&) = delete;
  // Gives it up in both directions unless both have ended.
  ~keeper_stream();

  // For the request that asks for it.
  std::uint32_t number() const { return number_; }
  // The next bytes, as many as came; nothing at the end. Only after the request was sent.
  task<result<std::optional<std::string>>> read();
  // All up to the end; the beginning of it is dropped when it is more than `most`.
  task<result<std::string>> read_last(std::size_t most);
  // Ends when all was sent. One writer at a time.
  task<result<void>> write(std::string_view bytes);
  // Nothing more is written.
  void end();
  // In both directions; whoever reads or writes at the moment hears it.
  void give_up();

 private:
  friend class keeper_client;
  void take(wire::frame const& got);
  void closed(error const& why);

  std::shared_ptr<keeper_client> owner_;
  std::uint32_t number_;
  async::bell changed_;
  std::deque<std::string> came_;
  std::uint64_t credit_ = 0;
  // What the keeper may still send, and what came and was not read.
  std::size_t granted_ = 0;
  std::size_t unread_ = 0;
  std::optional<error> gone_;
  bool heard_end_ = false;
  bool ended_ = false;
};

class keeper_client : public std::enable_shared_from_this<keeper_client> {
 public:
  keeper_client(async::home const& where, system::fd socket);
  keeper_client(keeper_client const&) = delete;
  keeper_client& operator=(keeper_client const&) = delete;
  ~keeper_client();

  // The first message of the keeper.
  task<result<wire::registered>> greeting();
  // From then on everything after that number is told.
  void hello(wire::hello const& with);
  // Until the connection ends; says why. What the keeper tells is given to `told`, in its order; anything at
  // all that arrives to `heard`.
  struct ears {
    std::function<void(wire::keeper_event const&)> told;
    std::function<void(wire::heartbeat const&)> beat;
    std::function<void()> heard;
  };
  task<error> listen(ears to);
  // Everything that waits hears why.
  void close(error const& why);
  bool is_open() const { return !closed_; }

  // Sent at once; the answer is awaited apart, so that bytes of a stream can go before it.
  class question {
   public:
    template <class Answer> task<result<Answer>> answer() {
      auto const said = co_await message();
      if (!said) co_return std::unexpected(said.error());
      co_return said->template answer<Answer>();
    }
    // Whoever writes to the stream that was asked for waits for credit; refused, there will never be any, and
    // the refusal ends it.
    void carries(keeper_stream const& stream);

   private:
    friend class keeper_client;
    struct waiting;
    task<result<wire::message>> message();
    std::shared_ptr<keeper_client> asked_;
    std::shared_ptr<waiting> waits_;
  };
  template <class Params> question send(std::string_view verb, Params const& params) {
    auto const id = ++last_id_;
    return send_text(id, wire::request_text(id, verb, params));
  }
  template <class Answer, class Params> task<result<Answer>> ask(std::string_view verb, Params params) {
    auto sent = send(verb, params);
    co_return co_await sent.template answer<Answer>();
  }
  void beat();

  // How a session ended, also when that was told before. session_unknown when there is none.
  task<result<wire::exit_told>> session_end(std::string session);

 private:
  friend class keeper_stream;

  question send_text(std::uint64_t id, std::string const& text);
  // One read; false when nothing more can come.
  task<result<void>> receive();
  task<result<std::optional<wire::frame>>> next_frame();
  result<void> take(wire::frame const& got, ears const& to);
  result<void> take_control(std::string_view text, ears const& to);
  void remember(wire::keeper_event const& told);
  void flush();

  async::home home_;
  boost::asio::posix::stream_descriptor socket_;
  wire::frame_reader reader_;
  std::string out_;
  std::size_t out_sent_ = 0;
  bool writing_ = false;
  std::optional<error> closed_;
  std::uint64_t last_id_ = 0;
  std::uint32_t last_stream_ = 0;
  std::map<std::uint64_t, std::shared_ptr<question::waiting>> questions_;
  std::map<std::uint32_t, keeper_stream*> streams_;
  // Of sessions that have ended, the newest; for who asks afterwards.
  struct ended_session {
    std::optional<wire::exit_told> exit;
    bool closed = false;
  };
  std::map<std::string, ended_session> sessions_;
  std::deque<std::string> sessions_in_order_;
  async::bell session_changed_;
};

}  // namespace ostler::supervisor
