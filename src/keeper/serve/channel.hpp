// Our end of one stream of a link.
//
// What is sent is bounded by the credit the client gave and by the room in the connection's buffer, so that a
// slow reader costs no memory and stops nobody else. What comes in is bounded by the credit we give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/error.hpp"

namespace ostler::keeper {

class connection;

class channel {
 public:
  // None may destroy the channel while it runs.
  struct handlers {
    // At most as many bytes as were granted come, as they come.
    std::function<void(std::string_view)> data = {};
    // The client sends no more.
    std::function<void()> end = {};
    // may_send() has grown from nothing.
    std::function<void()> room = {};
    // The client gave it up, or is gone. The channel is closed.
    std::function<void()> gone = {};
  };

  channel(channel const&) = delete;
  channel& operator=(channel const&) = delete;
  // Gives the stream up in both directions unless both had ended.
  ~channel();

  void on(handlers what) { handlers_ = std::move(what); }
  std::uint32_t number() const { return number_; }
  bool closed() const { return owner_ == nullptr; }

  // How much may be sent now; 0 when closed or ended.
  std::size_t may_send() const;
  // At most may_send() bytes.
  void send(std::string_view bytes);
  void end();
  // So many more bytes may come.
  void grant(std::uint32_t bytes);
  void cancel(error const& why);

 private:
  friend class connection;
  channel(connection& owner, std::uint32_t number) : owner_(&owner), number_(number) {}

  connection* owner_;
  std::uint32_t number_;
  handlers handlers_;
  std::uint64_t credit_ = 0;
  std::uint64_t granted_ = 0;
  bool ended_ = false;
  bool heard_end_ = false;
};

}  // namespace ostler::keeper
