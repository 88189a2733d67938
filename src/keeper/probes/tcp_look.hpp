// Does the service accept connections on its port?
//
// Accepting is all that is asked: the kernel does it for a program that listens, so that one which hangs, or
// closes every connection at once, still holds. Who must answer in words is looked at by http or by a
// command.
#pragma once

#include <cstdint>

#include "keeper/probes/listener.hpp"
#include "keeper/probes/loopback.hpp"

namespace ostler::keeper {

class tcp_look final : public limited_look {
 public:
  tcp_look(loop& on, milliseconds limit, std::uint16_t port, find_owner owner);

 protected:
  void start() override { connecting_.begin(port_); }
  void stop() override { connecting_.give_up(); }
  std::string waited_for() const override;

 private:
  void connected();

  std::uint16_t port_;
  find_owner owner_;
  loopback_connect connecting_;
};

}  // namespace ostler::keeper
