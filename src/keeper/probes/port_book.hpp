// Gives each service of the instance its port.
//
// The same again whenever that is possible: what was allotted is kept, also by a later keeper, and a new one
// is found by the name of the service, so that an address in a browser's history goes on working. It is given
// up only when a living stranger listens there, and then that is said.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "keeper/probes/listener.hpp"
#include "lifecycle/policy/port_leases.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

struct kept_port {
  std::string service;
  std::uint16_t port = 0;

  bool operator==(kept_port const&) const = default;
};

struct port_wish {
  std::string service;
  wire::port_spec port;
};

struct allotted_port {
  std::string service;
  std::uint16_t port = 0;
  // Why it is not the port it had before; empty when it is, or when it had none.
  std::string moved;

  bool operator==(allotted_port const&) const = default;
};

class port_book {
 public:
  struct outside {
    // Whether the port can be bound now.
    std::function<bool(std::uint16_t port)> free;
    find_owner who;
  };

  // `place` is project/instance.
  port_book(lifecycle::port_range range, std::string place, outside ask);

  // For those who wish for a port, in their order; services that are not among them lose theirs. All get one,
  // or none: then what was allotted before is as it was. May be called again whenever a service is to be
  // started. port_taken names who has a fixed port; ports_exhausted.
  result<std::vector<allotted_port>> allot(std::span<port_wish const> wishes, instant now);
  // What another keeper allotted; before the first allot().
  void restore(std::span<kept_port const> ports);
  // What is to be kept.
  std::vector<kept_port> ports() const;

 private:
  std::string key(std::string_view service) const;
  std::uint16_t port_of(std::string_view service) const;
  result<void> insist(lifecycle::port_leases& leases, port_wish const& wish) const;
  result<allotted_port> find(lifecycle::port_leases& leases, port_wish const& wish, instant now) const;

  lifecycle::port_range range_;
  std::string place_;
  outside ask_;
  std::vector<kept_port> kept_;
};

}  // namespace ostler::keeper
