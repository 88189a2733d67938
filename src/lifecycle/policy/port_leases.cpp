#include "lifecycle/policy/port_leases.hpp"

#include <fmt/format.h>

#include "base/ensure.hpp"

namespace ostler::lifecycle {

result<std::uint16_t> port_leases::take(std::string_view key, std::uint64_t hash, instant now) {
  if (auto const leased = by_key_.find(key); leased != by_key_.end()) return leased->second;
  std::erase_if(busy_until_, [&](auto const& entry) { return now >= entry.second; });

  std::uint32_t const size = range_.last < range_.first ? 0U : 1U + range_.last - range_.first;
  auto const start = size == 0 ? 0U : static_cast<std::uint32_t>(hash % size);
  for (std::uint32_t step = 0; step < size; ++step) {
    auto const port = static_cast<std::uint16_t>(range_.first + (start + step) % size);
    if (!free(port, now)) continue;
    give(key, port);
    return port;
  }
  return fail(error_code::ports_exhausted,
              fmt::format("no port is free between {} and {} for {}: {} are leased, {} are in use by others",
                          range_.first, range_.last, key, by_port_.size(), busy_until_.size()));
}

result<std::uint16_t> port_leases::insist(std::string_view key, std::uint16_t port) {
  if (port == 0)
    return fail(error_code::value_out_of_range, fmt::format("{}: 0 is not a port; allowed: 1 to 65535", key));
  auto const who = holder(port);
  if (who == key) return port;
  if (!who.empty())
    return fail(error_code::port_taken,
                fmt::format("port {} is leased to {}, and {} asked for it", port, who, key));
  release(key);
  give(key, port);
  return port;
}

void port_leases::mark_busy(std::uint16_t port, instant until) { busy_until_[port] = until; }

void port_leases::release(std::string_view key) {
  auto const leased = by_key_.find(key);
  if (leased == by_key_.end()) return;
  by_port_.erase(leased->second);
  by_key_.erase(leased);
}

std::string_view port_leases::holder(std::uint16_t port) const {
  auto const leased = by_port_.find(port);
  return leased == by_port_.end() ? std::string_view() : leased->second;
}

std::vector<std::pair<std::string, std::uint16_t>> port_leases::leases() const {
  return {by_key_.begin(), by_key_.end()};
}

bool port_leases::free(std::uint16_t port, instant now) const {
  if (by_port_.contains(port)) return false;
  auto const busy = busy_until_.find(port);
  return busy == busy_until_.end() || now >= busy->second;
}

void port_leases::give(std::string_view key, std::uint16_t port) {
  by_key_.emplace(key, port);
  by_port_.emplace(port, key);
  ensure(by_key_.size() == by_port_.size(), "each leased port has one key and each key one port");
}

}  // namespace ostler::lifecycle
