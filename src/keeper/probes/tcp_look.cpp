#include "keeper/probes/tcp_look.hpp"

#include <fmt/format.h>

namespace ostler::keeper {

tcp_look::tcp_look(loop& on, milliseconds limit, std::uint16_t port, find_owner owner)
    : limited_look(on, limit),
      port_(port),
      owner_(std::move(owner)),
      connecting_(on, {.connected = [this](system::fd) { connected(); },
                       .failed = [this](std::string why) { finish_no(std::move(why)); }}) {}

std::string tcp_look::waited_for() const { return fmt::format("port {} has not accepted", port_); }

void tcp_look::connected() {
  if (auto doubtful = doubt(owner_(port_), port_)) return finish(*std::move(doubtful));
  finish_yes();
}

}  // namespace ostler::keeper
