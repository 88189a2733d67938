// Which service may listen on which port.
//
// A service gets the same port again whenever it can: its key is hashed into the range, so that an address in
// a browser's history goes on working, and only when that port is taken does it move on to the next free one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::lifecycle {

struct port_range {
  std::uint16_t first = 10'000;
  std::uint16_t last = 19'999;

  bool operator==(port_range const&) const = default;
};

class port_leases {
 public:
  port_leases() = default;
  explicit port_leases(port_range range) : range_(range) {}

  // `key` is project/instance/service. While a key is leased, it gets the same port again. Ports that were
  // marked busy are passed over until their time has come.
  result<std::uint16_t> take(std::string_view key, std::uint64_t hash, instant now);
  // A port that the user fixed, in the range or not: port_taken names the holder. The key gives up the port
  // that it had. Also restores a list of leases().
  result<std::uint16_t> insist(std::string_view key, std::uint16_t port);
  // Somebody who is none of ours was seen listening there.
  void mark_busy(std::uint16_t port, instant until);
  void release(std::string_view key);

  // The key, or empty.
  std::string_view holder(std::uint16_t port) const;
  // All of them by key: what is kept.
  std::vector<std::pair<std::string, std::uint16_t>> leases() const;

  bool operator==(port_leases const&) const = default;

 private:
  bool free(std::uint16_t port, instant now) const;
  void give(std::string_view key, std::uint16_t port);

  port_range range_;
  // The two are each other's inverse.
  std::map<std::string, std::uint16_t, std::less<>> by_key_;
  std::map<std::uint16_t, std::string> by_port_;
  std::map<std::uint16_t, instant> busy_until_;
};

}  // namespace ostler::lifecycle
