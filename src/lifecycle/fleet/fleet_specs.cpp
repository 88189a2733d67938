// What instances are to be, and the ports that go with it: leased when they are made and when they are
// changed, moved when a stranger has one.
#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/bytes.hpp"
#include "lifecycle/fleet/admission.hpp"
#include "lifecycle/fleet/fleet.hpp"

namespace ostler::lifecycle {
namespace {

// How long a port on which a stranger was seen, or a service that may still be on its way down, is left
// alone.
constexpr auto busy_port_rest = std::chrono::minutes(10);

}  // namespace

result<void> fleet::admit_change(instance const& it, change_asked const& asked) const {
  auto const& wanted = asked.spec;
  if (wanted.name != it.spec.name || wanted.provider != it.spec.provider || wanted.project != it.spec.project)
    return fail(error_code::invalid_state,
                fmt::format("the name, the provider and the project of {} stay as they are", it.spec.name),
                {}, {"make another instance, or delete this one first"});
  if (asked.based_on && *asked.based_on != it.spec_version)
    return fail(error_code::cancelled,
                fmt::format("{} was changed by somebody else meanwhile", it.spec.name));
  if (storage_full_)
    return fail(error_code::storage_full,
                fmt::format("{} was not changed: the disk of the journal is full", it.spec.name));
  return check_spec(wanted, rules_.limits);
}

void fleet::take(round& now, change_asked const& asked) {
  auto const* it = find(asked.id);
  if (it == nullptr) {
    now.out.answer = fail(error_code::instance_unknown, fmt::format("there is no {}", asked.id.text()));
    return;
  }
  if (auto const admitted = admit_change(*it, asked); !admitted) {
    now.out.answer = std::unexpected(admitted.error());
    return;
  }
  auto wanted = asked.spec;
  auto const before = ports_;
  if (auto const leased = lease_anew(*it, wanted, now.at.now); !leased) {
    ports_ = before;
    now.out.answer = std::unexpected(leased.error());
    return;
  }
  now.out.answer = asked.id;
  step_instance(now, asked.id, spec_changed{.actor = asked.actor, .spec = std::move(wanted)});
  // Refused by its state: then nothing was leased either.
  if (!now.out.answer) ports_ = before;
  now.out.growth = now.out.answer.has_value();
}

// A service that stays keeps its port. What is given up rests a while: whoever listens there is only now told
// to end.
result<void> fleet::lease_anew(instance const& it, instance_spec& wanted, instant now) {
  bool const may_listen = std::ranges::any_of(it.resources, &resource::is_keeper);
  for (auto const& former : it.spec.services) {
    if (former.port == 0) continue;
    auto const next = std::ranges::find(wanted.services, former.name, &service_spec::name);
    bool const stays = next != wanted.services.end() && next->port_wanted && former.port_wanted;
    if (stays) {
      next->port = former.port;
      continue;
    }
    ports_.release(port_key(it.spec, former.name));
    if (may_listen) ports_.mark_busy(former.port, now + busy_port_rest);
  }
  return lease_ports(wanted, now);
}

std::string fleet::port_key(instance_spec const& spec, std::string_view service) {
  return fmt::format("{}/{}/{}", spec.project, spec.name, service);
}

result<void> fleet::lease_ports(instance_spec& spec, instant now) {
  for (auto& service : spec.services) {
    auto const key = port_key(spec, service.name);
    if (service.port != 0) {
      if (auto const fixed = ports_.insist(key, service.port); !fixed) {
        service.port = 0;
        return std::unexpected(fixed.error());
      }
    } else if (service.port_wanted) {
      auto const taken = ports_.take(key, fingerprint().add(key).value(), now);
      if (!taken) return std::unexpected(taken.error());
      service.port = *taken;
    }
  }
  return {};
}

void fleet::release_ports(instance const& it) {
  for (auto const& service : it.spec.services)
    if (service.port != 0) ports_.release(port_key(it.spec, service.name));
}

// A port that moves is a changed spec like any other, so its keeper is told of it until it has it.
void fleet::take(round& now, port_found_taken const& found) {
  auto const* it = find(found.id);
  if (it == nullptr) {
    now.out.ignored = "unknown instance";
    return;
  }
  auto wanted = it->spec;
  auto const service = std::ranges::find(wanted.services, found.service, &service_spec::name);
  if (service == wanted.services.end() || !service->port_wanted) {
    now.out.ignored = "no port is leased to it";
    return;
  }
  if (it->wanted == goal::deleted) {
    now.out.ignored = "it is being deleted";
    return;
  }
  auto const key = port_key(wanted, found.service);
  auto const before = service->port;
  ports_.release(key);
  ports_.mark_busy(before, now.at.now + busy_port_rest);
  auto const taken = ports_.take(key, fingerprint().add(key).value(), now.at.now);
  service->port = taken ? *taken : std::uint16_t{0};
  now.out.answer = found.id;
  emit(now, found.id, "policy",
       {.type = "resource.allocated",
        .subject = found.service,
        .from = fmt::format("port {}", before),
        .to = fmt::format("port {}", service->port),
        .message = taken ? "another process listens on the port; moved to the next free one"
                         : taken.error().message});
  step_instance(now, found.id, spec_changed{.actor = "policy", .spec = std::move(wanted)});
}

}  // namespace ostler::lifecycle
