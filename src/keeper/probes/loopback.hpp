// Connects to a port of this machine: 127.0.0.1, then ::1, since a service may bind either alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "keeper/loop/loop.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class loopback_connect {
 public:
  struct handlers {
    std::function<void(system::fd)> connected;
    // Neither accepts; said in words.
    std::function<void(std::string why)> failed;
  };

  loopback_connect(loop& on, handlers calls) : watch_(on), calls_(std::move(calls)) {}

  // One of the two is called once, perhaps from within begin().
  void begin(std::uint16_t port);
  void give_up();

 private:
  enum class family : std::uint8_t { v4, v6 };
  void attempt(family which);
  void settled();
  void refused(int number);

  system::fd socket_;
  watch watch_;
  handlers calls_;
  std::uint16_t port_ = 0;
  family trying_ = family::v4;
  std::string why_;
};

}  // namespace ostler::keeper
