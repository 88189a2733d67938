// A socket that keeps what it is sent, for what talks over one.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "control/peer_socket.hpp"

namespace ostler::control::test {

class heard_socket : public peer_socket {
 public:
  explicit heard_socket(async::home const& where) : changed_(where) {}

  async::task<result<std::optional<message>>> receive() override {
    while (!closed_) co_await changed_.heard();
    co_return std::nullopt;
  }
  async::task<result<void>> send(message what) override {
    while (!closed_ && waiting_ >= room) co_await changed_.heard();
    if (closed_) co_return fail(error_code::link_lost, "it is closed");
    keep(what.data);
    co_return result<void>();
  }
  push_outcome push(shared_message const& what) override {
    if (closed_) return push_outcome::closed;
    keep(std::string(what.data()));
    return push_outcome::taken;
  }
  void close(close_code code, std::string_view) override {
    if (!closed_) said = code;
    closed_ = true;
    changed_.ring();
  }
  bool closed() const override { return closed_; }
  std::size_t waiting_bytes() const override { return waiting_bytes_; }
  std::size_t waiting_messages() const override { return waiting_; }

  // The other side takes what waits.
  void read_all() {
    waiting_ = 0;
    waiting_bytes_ = 0;
    changed_.ring();
  }

  std::vector<std::string> texts;
  std::optional<close_code> said;
  // For send(); push() takes any number.
  std::size_t room = 1000;

 private:
  void keep(std::string const& text) {
    texts.push_back(text);
    ++waiting_;
    waiting_bytes_ += text.size();
  }

  async::bell changed_;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace ostler::control::test
