// A client of the keeper link that blocks, for tests and measurements: frames over a unix socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "system/fd.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_link.hpp"
#include "wire/keeper_verbs.hpp"
#include "wire/message.hpp"

namespace ostler::test {

// Whatever should have come by then never comes.
constexpr std::chrono::seconds patience{60};

// A connection that says nothing; throws when there is none to be had.
system::fd connect_to(std::string const& socket_path);

class link_client {
 public:
  // Throws when nobody answers there.
  explicit link_client(std::string const& socket_path);

  wire::registered const& greeting() const { return greeting_; }
  void hello(std::string const& token = {}, std::uint64_t after_seq = 0);

  // Asks and waits for the answer; throws std::runtime_error with code and message when it was refused.
  template <class Answer = wire::nothing, class Params = wire::nothing>
  Answer ask(std::string_view verb, Params const& params = {}) {
    return answer_to(send(verb, params)).template answer<Answer>().value();
  }
  // The refusal that is expected.
  template <class Params = wire::nothing> error refused(std::string_view verb, Params const& params = {}) {
    auto const id = send(verb, params);
    until([&] { return answers_.contains(id); }, verb);
    return take_answer(id).refusal().value();
  }
  template <class Params = wire::nothing>
  std::uint64_t send(std::string_view verb, Params const& params = {}) {
    auto const id = ++last_id_;
    send_text(wire::request_text(id, verb, params));
    return id;
  }
  wire::message answer_to(std::uint64_t id);
  bool answered(std::uint64_t id) const { return answers_.contains(id); }

  // The next event that fits; those before it are dropped.
  wire::keeper_event event(std::function<bool(wire::keeper_event const&)> const& fits, std::string_view what);
  wire::keeper_event fact(std::string_view fact, std::string_view service = {});
  // All that came so far.
  std::deque<wire::keeper_event>& events() { return events_; }

  struct stream {
    std::string data;
    bool ended = false;
    std::optional<std::string> cancelled;
    std::uint64_t may_send = 0;
  };
  stream& at(std::uint32_t number) { return streams_[number]; }
  void credit(std::uint32_t number, std::uint32_t bytes);
  // Within the credit that the keeper gave; waits for more.
  void write(std::uint32_t number, std::string_view bytes);
  void end(std::uint32_t number);
  void cancel(std::uint32_t number);
  // Gives credit and reads until the end of the stream.
  std::string read_all(std::uint32_t number);

  void send_text(std::string_view control);
  void send_bytes(std::string_view bytes);
  // Never waits; false when not all of it found a place, and then the link is spoiled.
  bool try_send(std::string_view verb);
  // The text of the refusal with which the keeper sent us away.
  std::string sent_away();
  bool over() const { return over_; }

  void until(std::function<bool()> const& holds, std::string_view what);
  // Takes what came; waits for it when asked to. False when nothing came in time.
  bool pump(std::chrono::milliseconds wait);
  int descriptor() const { return socket_.get(); }

 private:
  wire::message take_answer(std::uint64_t id);
  void take(wire::frame const& got);

  system::fd socket_;
  wire::frame_reader reader_;
  wire::registered greeting_;
  bool greeted_ = false;
  bool over_ = false;
  std::string refusal_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::string> answers_;
  std::deque<wire::keeper_event> events_;
  std::map<std::uint32_t, stream> streams_;
};

}  // namespace ostler::test
