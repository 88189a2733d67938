#include "keeper/probes/port_book.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/bytes.hpp"

namespace ostler::keeper {
namespace {

// Within one round a port that was busy is not asked for again.
constexpr seconds busy_for{1};

std::string holder_text(listener_owner const& owner) {
  if (owner.who == listener_owner::kind::stranger && owner.pid > 0)
    return fmt::format("process {}", owner.pid);
  return "a process that cannot be told";
}

bool is_fixed(port_wish const& wish) { return wish.port.kind == wire::port_kind::fixed; }
bool is_automatic(port_wish const& wish) { return wish.port.kind == wire::port_kind::automatic; }

}  // namespace

port_book::port_book(lifecycle::port_range range, std::string place, outside ask)
    : range_(range), place_(std::move(place)), ask_(std::move(ask)) {}

void port_book::restore(std::span<kept_port const> ports) { kept_.assign(ports.begin(), ports.end()); }

std::vector<kept_port> port_book::ports() const { return kept_; }

std::string port_book::key(std::string_view service) const { return fmt::format("{}/{}", place_, service); }

std::uint16_t port_book::port_of(std::string_view service) const {
  auto const found = std::ranges::find(kept_, service, &kept_port::service);
  return found == kept_.end() ? std::uint16_t{0} : found->port;
}

result<std::vector<allotted_port>> port_book::allot(std::span<port_wish const> wishes, instant now) {
  lifecycle::port_leases leases(range_);
  // First those that have no choice, then those that had one before, then the others.
  for (auto const& wish : wishes) {
    if (!is_fixed(wish)) continue;
    if (auto done = insist(leases, wish); !done) return std::unexpected(std::move(done.error()));
  }
  for (auto const& wish : wishes) {
    auto const before = port_of(wish.service);
    if (!is_automatic(wish) || before == 0 || !leases.holder(before).empty()) continue;
    if (ask_.who(before).who == listener_owner::kind::stranger) continue;
    if (auto done = leases.insist(key(wish.service), before); !done)
      return std::unexpected(std::move(done.error()));
  }
  std::vector<allotted_port> made;
  for (auto const& wish : wishes) {
    if (wish.port.kind == wire::port_kind::none) continue;
    if (is_fixed(wish)) {
      made.push_back({.service = wish.service, .port = wish.port.number, .moved = {}});
      continue;
    }
    auto found = find(leases, wish, now);
    if (!found) return std::unexpected(std::move(found.error()));
    made.push_back(*std::move(found));
  }
  kept_.clear();
  for (auto const& each : made) kept_.push_back({.service = each.service, .port = each.port});
  return made;
}

result<void> port_book::insist(lifecycle::port_leases& leases, port_wish const& wish) const {
  auto const port = wish.port.number;
  if (auto done = leases.insist(key(wish.service), port); !done)
    return std::unexpected(std::move(done.error()));
  auto const owner = ask_.who(port);
  switch (owner.who) {
    case listener_owner::kind::ours: return {};
    case listener_owner::kind::stranger: break;
    case listener_owner::kind::nobody:
      if (ask_.free(port)) return {};
      break;
    case listener_owner::kind::unknown:
      // Who had it before may be who is there now.
      if (port_of(wish.service) == port || ask_.free(port)) return {};
      break;
  }
  return fail(error_code::port_taken, fmt::format("port {}, which the service {} asks for, is held by {}",
                                                  port, wish.service, holder_text(owner)));
}

result<allotted_port> port_book::find(lifecycle::port_leases& leases, port_wish const& wish,
                                      instant now) const {
  auto const name = key(wish.service);
  auto const before = port_of(wish.service);
  if (before != 0 && leases.holder(before) == name)
    return allotted_port{.service = wish.service, .port = before};
  // Each turn either ends or marks one port more of a range that ends.
  for (;;) {
    auto const port = leases.take(name, fingerprint().add(name).value(), now);
    if (!port) return std::unexpected(port.error());
    // The one that was lost is not asked for again: it is a stranger's, whatever binding says.
    if (*port != before && ask_.free(*port)) {
      allotted_port made{.service = wish.service, .port = *port};
      if (before == 0) return made;
      auto const other = leases.holder(before);
      made.moved = fmt::format("{} gets port {}: {}, which it had, is held by {}", wish.service, *port,
                               before, other.empty() ? holder_text(ask_.who(before)) : std::string(other));
      return made;
    }
    leases.release(name);
    leases.mark_busy(*port, now + busy_for);
  }
}

}  // namespace ostler::keeper
