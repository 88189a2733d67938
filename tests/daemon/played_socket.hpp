// The daemon's end of a WebSocket, with a test as the client.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "async/bell.hpp"
#include "async/mailbox.hpp"
#include "control/peer_socket.hpp"

namespace ostler::test {

using control::message;
using control::message_kind;

class played_socket final : public control::peer_socket {
 public:
  explicit played_socket(async::home const& where)
      : incoming_(where, 64, async::when_full::refuse), changed_(where) {}

  // What the client says.
  void say(message_kind kind, std::string data) {
    incoming_.put(message{.kind = kind, .data = std::move(data)});
  }
  void leave() { incoming_.close(); }
  // Until the daemon has said something that holds this text.
  async::task<void> hear(message_kind kind, std::string text) {
    while (said(kind).find(text) == std::string::npos) {
      if (closed_) throw std::runtime_error("it was closed, saying " + why_);
      co_await changed_.heard();
    }
  }
  std::string said(message_kind kind) const {
    std::string out;
    for (auto const& each : sent_)
      if (each.kind == kind) out += each.data;
    return out;
  }

  async::task<result<std::optional<message>>> receive() override { co_return co_await incoming_.take(); }
  async::task<result<void>> send(message what) override {
    if (closed_) co_return fail(error_code::link_lost, "it is closed");
    sent_.push_back(std::move(what));
    changed_.ring();
    co_return result<void>{};
  }
  control::push_outcome push(control::shared_message const& what) override {
    if (closed_) return control::push_outcome::closed;
    sent_.push_back(message{.kind = message_kind::text, .data = std::string(what.data())});
    changed_.ring();
    return control::push_outcome::taken;
  }
  void close(control::close_code, std::string_view why) override {
    why_ = why;
    closed_ = true;
    changed_.ring();
  }
  bool closed() const override { return closed_; }
  std::size_t waiting_bytes() const override { return 0; }
  std::size_t waiting_messages() const override { return 0; }

 private:
  async::mailbox<message> incoming_;
  std::vector<message> sent_;
  async::bell changed_;
  std::string why_;
  bool closed_ = false;
};

}  // namespace ostler::test
