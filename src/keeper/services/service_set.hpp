// All services of one keeper: who waits for whom, which port and which environment each gets, and the way
// down of all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/probes/port_book.hpp"
#include "keeper/services/service_host.hpp"
#include "keeper/services/world.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

class service_set {
 public:
  service_set(world const& shared, wire::keeper_spec spec);
  service_set(service_set const&) = delete;
  service_set& operator=(service_set const&) = delete;

  // Makes what the spec says, and finds what a former keeper held. Nothing is started yet.
  result<void> begin();
  // Those that are wanted from the start, unless the former keeper knew better.
  void start_wanted(bool first_time);

  service_host* find(std::string_view name);
  service_host* owner_of(pid_t pid);
  std::vector<std::unique_ptr<service_host>> const& all() const { return hosts_; }
  // No longer in the spec, on their way down.
  std::vector<std::unique_ptr<service_host>> const& leaving() const { return removed_; }
  wire::keeper_spec const& spec() const { return spec_; }

  // All of them when none is named.
  result<void> order(std::vector<std::string> const& names, bool up,
                     std::optional<milliseconds> grace = std::nullopt);
  result<void> restart(std::vector<std::string> const& names,
                       std::optional<milliseconds> grace = std::nullopt);
  // Another list of services from now on: what differs starts anew, what is gone is ended, what is new
  // starts. Other limits of all together, if there are any, hold before that.
  result<void> apply(wire::services_wanted asked);

  // For good: nothing is started any more. Those that others need go last.
  void stop_all(std::optional<milliseconds> grace);
  // Nothing is left of any.
  bool empty() const;
  // Called when something has changed.
  std::function<void()> changed;

  // For sessions and looks: what a process of the instance gets, and what a service gets.
  result<std::vector<std::string>> environment(std::vector<std::string> const& own,
                                               std::vector<std::string> const& files, service_host const* of);

 private:
  std::unique_ptr<service_host> make(wire::service_spec const& spec);
  std::uint16_t port_for(wire::service_spec const& spec);
  std::string keeper_socket() const;
  listener_owner who_listens(std::uint16_t port) const;
  result<std::vector<service_host*>> named(std::vector<std::string> const& names);
  void settle();
  void tell_needs();
  void go_down();

  // Other services than before: service_set_change.cpp.
  bool is_outdated(std::string const& name) const;
  result<std::vector<wire::service_spec>> take_up_spec();
  void take_in_the_removed(std::vector<wire::service_spec> const& former);
  void let_go_of_removed();
  void make_the_new();
  void renew(std::unique_ptr<service_host>& host);

  world const& world_;
  wire::keeper_spec spec_;
  port_book ports_;
  std::vector<std::unique_ptr<service_host>> hosts_;
  std::vector<std::unique_ptr<service_host>> removed_;
  // To be started anew once they are down.
  std::vector<std::string> again_;
  alarm settle_;
  bool stopping_ = false;
};

}  // namespace ostler::keeper
