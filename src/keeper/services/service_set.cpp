#include "keeper/services/service_set.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "base/name.hpp"
#include "keeper/environment/compose.hpp"
#include "keeper/environment/injected.hpp"
#include "keeper/ports/ports.hpp"
#include "keeper/services/rules.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"
#include "system/process.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t env_file_size_max = 1024UL * 1024;

// What we were started with, save what was meant for us alone.
std::vector<std::string> inherited() {
  std::vector<std::string> out;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    std::string_view const entry = *each;
    if (entry.starts_with("OSTLER_") || entry.starts_with("NOTIFY_SOCKET=") || entry.starts_with("LISTEN_"))
      continue;
    out.emplace_back(entry);
  }
  return out;
}

bool is_up(service_host const& host) { return !host.at_rest(); }

bool needs(service_host const& host, std::string_view name) {
  return std::ranges::find(host.spec().needs, name) != host.spec().needs.end();
}

}  // namespace

service_set::service_set(world const& shared, wire::keeper_spec spec)
    : world_(shared),
      spec_(std::move(spec)),
      ports_({.first = spec_.port_first, .last = spec_.port_last},
             spec_.project + "/" + (spec_.name.empty() ? spec_.instance : spec_.name),
             {.free = [](std::uint16_t port) { return port_free(port).value_or(false); },
              .who = [this](std::uint16_t port) { return who_listens(port); }}),
      settle_(shared.on, [this] { settle(); }) {
  std::vector<kept_port> kept;
  for (auto const& each : shared.story.state().services)
    if (each.port != 0) kept.push_back({each.name, each.port});
  ports_.restore(kept);
}

result<void> service_set::begin() {
  if (auto done = check_services(spec_.services); !done) return done;
  if (auto done = check_limits_of_all(spec_); !done) return done;
  // Before anything of a former keeper is found, so that it comes to be below them.
  world_.contained.limit_all(limits_of(spec_.limits));
  auto const before = take_up_spec();
  if (!before) return std::unexpected(before.error());
  auto const held = world_.story.state();
  for (auto const& each : spec_.services) hosts_.push_back(make(each));
  tell_needs();
  for (auto const& each : hosts_)
    if (auto const* former = keeper::find(held.services, each->name()); former != nullptr)
      each->restore(*former);
  take_in_the_removed(*before);
  return {};
}

void service_set::start_wanted(bool first_time) {
  for (auto const& each : hosts_) {
    auto const* former = keeper::find(world_.story.state().services, each->name());
    bool const known = former != nullptr && (former->wanted || former->run != 0);
    if (!known && (first_time || former == nullptr) && each->spec().autostart) each->want(true);
    // Wanted, but the former keeper had not come to starting it.
    if (known && former->wanted && former->run == 0) each->want(true);
  }
}

std::unique_ptr<service_host> service_set::make(wire::service_spec const& spec) {
  return std::make_unique<service_host>(
      world_, spec, port_for(spec),
      static_cast<std::uint64_t>(std::max<std::int64_t>(spec_.log_cap_bytes, 0)),
      service_host::hooks{.environment =
                              [this](service_host const& host) {
                                return environment(host.spec().env, host.spec().env_files, &host);
                              },
                          .port = [this](service_host const& host) { return port_for(host.spec()); },
                          .open_files = [this] { return spec_.limits.open_files; },
                          .changed = [this] { settle_.set(instant{}); }});
}

// Asked again before every start. What cannot be had is kept all the same: the service will say what is in
// its way, or the look at its port will.
std::uint16_t service_set::port_for(wire::service_spec const& spec) {
  if (spec.port.kind == wire::port_kind::none) return 0;
  auto const* former = keeper::find(world_.story.state().services, spec.name);
  auto const kept = former == nullptr ? std::uint16_t{0} : former->port;
  std::vector<port_wish> wishes;
  for (auto const& each : ports_.ports())
    if (each.service != spec.name) wishes.push_back({each.service, {.kind = wire::port_kind::automatic}});
  wishes.push_back({spec.name, spec.port});
  auto const allotted = ports_.allot(wishes, system::now());
  if (!allotted) {
    world_.story.append(
        {.fact = "port.refused", .service = spec.name, .port = kept, .message = allotted.error().message});
    return spec.port.kind == wire::port_kind::fixed ? spec.port.number : kept;
  }
  auto const& own = allotted->back();
  if (own.port != kept)
    world_.story.append(
        {.fact = "port.allotted", .service = spec.name, .port = own.port, .message = own.moved});
  return own.port;
}

std::string service_set::keeper_socket() const { return world_.place.path() + "/" + socket_name; }

listener_owner service_set::who_listens(std::uint16_t port) const {
  using kind = listener_owner::kind;
  port_table const table;
  auto const found = table.who_listens(port);
  if (!found) return {.who = kind::unknown};
  if (found->what == port_holder::kind::nobody) return {.who = kind::nobody};
  if (found->what != port_holder::kind::found) return {.who = kind::stranger};
  // Not by the mark of its run: what an earlier generation has started in this place is held by us as well.
  auto const socket = system::environment_of(found->pid, socket_variable);
  bool const ours = socket && *socket == keeper_socket();
  return {.who = ours ? kind::ours : kind::stranger, .pid = found->pid};
}

service_host* service_set::find(std::string_view name) {
  auto const found = std::ranges::find_if(hosts_, [&](auto const& each) { return each->name() == name; });
  return found == hosts_.end() ? nullptr : found->get();
}

service_host* service_set::owner_of(pid_t pid) {
  auto const found = std::ranges::find_if(hosts_, [&](auto const& each) { return each->contains(pid); });
  return found == hosts_.end() ? nullptr : found->get();
}

result<std::vector<service_host*>> service_set::named(std::vector<std::string> const& names) {
  std::vector<service_host*> out;
  if (names.empty())
    for (auto const& each : hosts_) out.push_back(each.get());
  for (auto const& name : names) {
    auto* const host = find(name);
    if (host == nullptr) {
      std::vector<std::string_view> known;
      for (auto const& each : hosts_) known.emplace_back(each->name());
      return fail(error_code::service_unknown,
                  fmt::format("no service {}; there are: {}", in_quotes(name), fmt::join(known, ", ")));
    }
    out.push_back(host);
  }
  return out;
}

result<void> service_set::order(std::vector<std::string> const& names, bool up,
                                std::optional<milliseconds> grace) {
  auto const hosts = named(names);
  if (!hosts) return std::unexpected(hosts.error());
  if (up && stopping_) return fail(error_code::invalid_state, "the instance is being stopped");
  for (auto* host : *hosts) {
    std::erase(again_, host->name());
    if (grace) host->set_grace(*grace);
    // It goes down in any case, and the one that takes its place will know.
    if (is_outdated(host->name()))
      host->note_wanted(up);
    else
      host->want(up);
  }
  return {};
}

result<void> service_set::restart(std::vector<std::string> const& names, std::optional<milliseconds> grace) {
  auto const hosts = named(names);
  if (!hosts) return std::unexpected(hosts.error());
  if (stopping_) return fail(error_code::invalid_state, "the instance is being stopped");
  for (auto* host : *hosts) {
    if (grace) host->set_grace(*grace);
    if (is_outdated(host->name())) {
      host->note_wanted(true);
      continue;
    }
    host->want(false);
    // Down first; what is down already starts at once.
    again_.push_back(host->name());
  }
  settle_.set(instant{});
  return {};
}

void service_set::stop_all(std::optional<milliseconds> grace) {
  stopping_ = true;
  again_.clear();
  if (grace)
    for (auto const* all : {&hosts_, &removed_})
      for (auto const& each : *all) each->set_grace(*grace);
  settle();
}

bool service_set::empty() const {
  return removed_.empty() && std::ranges::all_of(hosts_, [](auto const& each) { return each->at_rest(); });
}

// After something has changed, and outside of any step.
void service_set::settle() {
  let_go_of_removed();
  make_the_new();
  if (stopping_) go_down();
  for (auto const& name : std::exchange(again_, {})) {
    auto* const host = find(name);
    if (host == nullptr) continue;
    if (host->at_rest())
      host->want(true);
    else
      again_.push_back(name);
  }
  tell_needs();
  if (changed) changed();
}

void service_set::go_down() {
  for (auto const& each : hosts_) {
    bool const needed = std::ranges::any_of(
        hosts_, [&](auto const& other) { return needs(*other, each->name()) && is_up(*other); });
    if (!needed && (each->machine().wanted_up || is_up(*each)) &&
        lifecycle::state(each->machine()) != lifecycle::service_state::stopping)
      each->want(false);
  }
}

void service_set::tell_needs() {
  for (auto const& each : hosts_) {
    if (each->spec().needs.empty()) continue;
    lifecycle::needs_changed now{.all_ready = true, .waiting_for = {}};
    for (auto const& name : each->spec().needs) {
      auto const* other = find(name);
      if (other != nullptr && other->satisfied()) continue;
      now.all_ready = false;
      now.waiting_for += (now.waiting_for.empty() ? "" : ", ") + name;
      if (other != nullptr && other->machine().phase == lifecycle::service_phase::error) now.given_up = true;
    }
    each->needs(now);
  }
}

result<std::vector<std::string>> service_set::environment(std::vector<std::string> const& own,
                                                          std::vector<std::string> const& files,
                                                          service_host const* of) {
  std::vector<environment_layer> layers{plain_layer{inherited()}};
  service_ports ports;
  for (auto const& each : hosts_)
    if (each->port() != 0) ports.emplace(each->name(), each->port());
  bool const notify = of != nullptr && of->spec().ready.notify;
  instance_facts const facts{.id = spec_.instance,
                             .name = spec_.name,
                             .generation = spec_.generation,
                             .workspace = spec_.workspace,
                             .keeper_socket = keeper_socket(),
                             .notify_socket = world_.place.path() + "/" + notice_socket_name};
  layers.emplace_back(
      plain_layer{injected_variables(facts, of == nullptr ? "" : of->name(), ports,
                                     notify ? readiness_told::by_notify : readiness_told::no)});
  auto const add_files = [&](std::vector<std::string> const& names) -> result<void> {
    for (auto const& name : names) {
      auto text = system::read_file_at(AT_FDCWD, world_.workspace_path(name), env_file_size_max);
      if (!text) return std::unexpected(text.error());
      layers.emplace_back(file_layer{name, std::move(*text)});
    }
    return {};
  };
  if (auto done = add_files(spec_.env_files); !done) return std::unexpected(done.error());
  layers.emplace_back(spec_layer{"env of the instance", spec_.env});
  if (auto done = add_files(files); !done) return std::unexpected(done.error());
  layers.emplace_back(spec_layer{of == nullptr ? "env" : "env of service " + of->name(), own});
  return compose_environment(layers);
}

}  // namespace ostler::keeper
