#include "config/checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/name.hpp"

namespace ostler::config {
namespace {

// Where the value stands, or the innermost table that is there.
place place_of(table const& root, std::initializer_list<std::string_view> path) {
  place at;
  auto const* inside = &root;
  for (auto const key : path) {
    auto const* known = inside == nullptr ? nullptr : find(*inside, key);
    if (known == nullptr) break;
    at = known->value.at;
    inside = known->value.members();
  }
  return at;
}

class checker {
 public:
  checker(project const& what, table const& root, mistakes& told) : what_(what), root_(root), told_(told) {}

  void all() {
    names_told();
    for (auto const& each : what_.services) {
      needs(each);
      looks(each);
    }
    if (told_.none()) circles();
    ports();
    one_open();
  }

 private:
  void names_told() {
    for (auto const& each : what_.services) names_.emplace_back(each.name);
  }

  void needs(service const& one) {
    for (auto const& need : one.needs) {
      if (need != one.name && std::ranges::find(names_, need) != names_.end()) continue;
      told_.tell(error_code::service_unknown, place_of(root_, {"service", one.name, "needs"}),
                 need == one.name ? fmt::format("service.{}.needs: it cannot need itself", one.name)
                                  : fmt::format("service.{}.needs: there is no service {}{}", one.name,
                                                in_quotes(need), did_you_mean(need, names_)),
                 fmt::format("{}", fmt::join(names_, ", ")));
    }
  }

  void looks(service const& one) {
    auto const no_port = one.port.kind == wire::port_kind::none;
    auto const blind = [&](bool tcp, std::optional<wire::http_probe> const& http) {
      return no_port && (tcp || (http && http->port == 0));
    };
    if (blind(one.ready.tcp, one.ready.http)) lacks_port(one, "ready");
    if (!one.alive) return;
    if (blind(one.alive->tcp, one.alive->http)) lacks_port(one, "alive");
    if (!one.alive->tcp && !one.alive->http && one.alive->exec.empty())
      told_.tell(error_code::value_unknown, place_of(root_, {"service", one.name, "alive"}),
                 fmt::format("service.{}.alive: nothing is looked at", one.name),
                 "at least one of tcp, http, exec");
  }

  void lacks_port(service const& one, std::string_view key) {
    told_.tell(error_code::value_unknown, place_of(root_, {"service", one.name, key}),
               fmt::format("service.{}.{}: a port is looked at, but the service has none", one.name, key),
               "port = \"auto\" beside it");
  }

  // Removes again and again what needs nothing that is left; what stays is a circle, or needs one.
  void circles() {
    std::vector<service const*> left;
    for (auto const& each : what_.services) left.push_back(&each);
    for (bool changed = true; changed;) {
      std::vector<std::string_view> names;
      for (auto const* each : left) names.emplace_back(each->name);
      std::ranges::sort(names);
      changed = std::erase_if(left, [&](service const* each) {
                  return std::ranges::none_of(
                      each->needs, [&](auto const& need) { return std::ranges::binary_search(names, need); });
                }) > 0;
    }
    if (left.empty()) return;
    std::vector<std::string_view> names;
    for (auto const* each : left) names.emplace_back(each->name);
    told_.tell(error_code::value_unknown, place_of(root_, {"service", left.front()->name, "needs"}),
               fmt::format("these services need each other in a circle: {}", fmt::join(names, ", ")));
  }

  void ports() {
    std::map<std::uint16_t, std::string_view> taken;
    for (auto const& each : what_.services) {
      if (each.port.kind != wire::port_kind::fixed) continue;
      auto const [by, fresh] = taken.emplace(each.port.number, each.name);
      if (!fresh)
        told_.tell(error_code::value_unknown, place_of(root_, {"service", each.name, "port"}),
                   fmt::format("service.{}.port: {} is the port of {} already", each.name, each.port.number,
                               by->second),
                   "another number, or \"auto\"");
    }
  }

  void one_open() {
    service const* first = nullptr;
    for (auto const& each : what_.services) {
      if (!each.open) continue;
      if (first != nullptr)
        told_.tell(error_code::value_unknown, place_of(root_, {"service", each.name, "open"}),
                   fmt::format("service.{}.open: {} is opened already", each.name, first->name),
                   "`open = true` for one service");
      first = &each;
    }
  }

  project const& what_;
  table const& root_;
  mistakes& told_;
  std::vector<std::string_view> names_;
};

}  // namespace

void check_project(project const& what, table const& root, mistakes& told) {
  checker(what, root, told).all();
}

}  // namespace ostler::config
