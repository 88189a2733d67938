#include "agents/roster.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/name.hpp"
#include "base/overloaded.hpp"
#include "wire/json.hpp"
#include "wire/utf8.hpp"

namespace ostler::agents {
namespace {

using operations::agent_event_kind;
using operations::agent_state;

constexpr std::size_t name_max = 255;
constexpr std::size_t text_max = 4000;
constexpr std::string_view heartbeat_text = R"({"type":"heartbeat"})";

result<void> check_name(std::string_view name) {
  auto const is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (!name.empty() && name.size() <= name_max && wire::is_utf8(name) &&
      std::ranges::none_of(name, is_control))
    return {};
  return fail(error_code::name_invalid,
              fmt::format("{} is no name of an agent: 1 to {} bytes of UTF-8 without control characters",
                          in_quotes(name), name_max));
}

// What strangers say is kept and shown: not without a limit, and never to steer a terminal.
std::string cut(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const size = wire::utf8_size(text);
    if (out.size() + size > text_max) break;
    bool const is_shown = size > 1 || (size == 1 && text.front() >= ' ' && text.front() != '\x7f');
    out += is_shown ? text.substr(0, size) : " ";
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace

roster::roster(world& around, roster_rules const& rules) : world_(around), rules_(rules) {}

// --- agents that dialled us ---

result<stream_key> roster::register_agent(text_port& port, owner who,
                                          operations::agent_register const& what) {
  telling const at_the_end(*this);
  if (auto const fine = check_name(what.name); !fine) return std::unexpected(fine.error());
  auto const found = entry_for(who, what);
  if (!found) return std::unexpected(found.error());
  auto& one = **found;
  one.told.version = what.version;
  one.told.capabilities = what.capabilities;
  one.told.auto_reconnect = one.rules.auto_reconnect = what.auto_reconnect;
  stream_key const stream{.agent = one.number, .attempt = one.link.attempt};
  one.port = &port;
  one.port_attempt = stream.attempt;
  feed(one, lifecycle::stream_opened{stream.attempt});
  operations::agent_registered const answer{.id = one.told.id,
                                            .heartbeat_interval = one.rules.heartbeat.interval,
                                            .heartbeat_timeout = one.rules.heartbeat.timeout};
  if (!port.send(wire::to_json(answer))) {
    one.port = nullptr;
    feed(one, lifecycle::stream_failed{stream.attempt, "it does not take the answer to its registration"});
    return fail(error_code::link_failed,
                fmt::format("the agent {} went away while it registered", in_quotes(what.name)));
  }
  feed(one, lifecycle::registered_received{stream.attempt});
  return stream;
}

result<roster::entry*> roster::entry_for(owner const& who, operations::agent_register const& what) {
  auto* known = find_named(who.in, what.name);
  bool const is_same =
      known != nullptr && known->of == who && known->told.direction == operations::agent_direction::inbound;
  if (known != nullptr && !is_same && is_over(*known)) {
    erase(known->number);
    known = nullptr;
  }
  if (known == nullptr) {
    if (!make_room())
      return fail(error_code::limit_reached,
                  fmt::format("{} agents are registered, and no more are taken", agents_.size()));
    known = &add(who, what.name);
    feed(*known, lifecycle::link_wanted{});
    return known;
  }
  bool const is_live = known->link.state == lifecycle::link_state::registered;
  if (!is_same || (is_live && !known->told.auto_reconnect))
    return fail(error_code::name_taken,
                fmt::format("an agent with the name {} is connected already", in_quotes(what.name)));
  if (is_live) {
    // It lost its connection before we noticed.
    drop_port(*known, parting::replaced, "another connection of the same agent");
    feed(*known, lifecycle::stream_failed{known->link.attempt, "it connected anew"});
  }
  if (is_over(*known)) feed(*known, lifecycle::link_wanted{});
  // It comes before we would wait for it.
  if (!known->link.streaming) end_waiting(*known);
  return known;
}

void roster::end_waiting(entry& one) {
  auto when = world_.now();
  when.now = std::max(when.now, one.link.wake.value_or(when.now));
  feed(one, lifecycle::tick{}, when);
}

// --- agents that we dial ---

agent_number roster::want(outbound_agent what) {
  telling const at_the_end(*this);
  auto& one = add({.actor = {}, .in = std::move(what.in)}, what.name);
  one.told.direction = operations::agent_direction::outbound;
  one.told.service = std::move(what.service);
  one.told.capabilities = std::move(what.capabilities);
  one.told.auto_reconnect = what.rules.auto_reconnect;
  one.rules = what.rules;
  feed(one, lifecycle::link_wanted{});
  return one.number;
}

void roster::resume(agent_number which) {
  telling const at_the_end(*this);
  auto const found = agents_.find(which);
  if (found == agents_.end()) return;
  auto& one = found->second;
  if (is_over(one)) return feed(one, lifecycle::link_wanted{});
  if (!one.link.streaming) end_waiting(one);
}

void roster::forget(agent_number which) {
  telling const at_the_end(*this);
  auto const found = agents_.find(which);
  if (found == agents_.end()) return;
  end(found->second);
  erase(which);
}

void roster::opened(stream_key stream, text_port& port) {
  telling const at_the_end(*this);
  auto const found = agents_.find(stream.agent);
  bool const is_wanted = found != agents_.end() && found->second.link.streaming &&
                         !found->second.link.opened && found->second.link.attempt == stream.attempt;
  if (!is_wanted) return port.close(parting::stopped, "it is no longer wanted");
  auto& one = found->second;
  one.port = &port;
  one.port_attempt = stream.attempt;
  feed(one, lifecycle::stream_opened{stream.attempt});
}

void roster::failed(stream_key stream, std::string_view why) {
  telling const at_the_end(*this);
  auto const found = agents_.find(stream.agent);
  if (found != agents_.end()) feed(found->second, lifecycle::stream_failed{stream.attempt, cut(why)});
}

// --- both ---

roster::entry* roster::current(stream_key stream) {
  auto const found = agents_.find(stream.agent);
  if (found == agents_.end()) return nullptr;
  auto& one = found->second;
  bool const is_current =
      one.port != nullptr && one.port_attempt == stream.attempt && one.link.attempt == stream.attempt;
  return is_current ? &one : nullptr;
}

bool roster::heard(stream_key stream, std::string_view text) {
  telling const at_the_end(*this);
  auto* one = current(stream);
  if (one == nullptr) return false;
  if (is_plain_heartbeat(text)) return take(*one, operations::agent_heartbeat{});
  auto const said = read_incoming(text);
  if (!said) return refuse(*one, said.error().message);
  return std::visit([&](auto const& what) { return take(*one, what); }, *said);
}

void roster::closed(stream_key stream, std::string_view why) {
  telling const at_the_end(*this);
  auto const found = agents_.find(stream.agent);
  if (found == agents_.end()) return;
  auto& one = found->second;
  if (one.port_attempt == stream.attempt) one.port = nullptr;
  if (why.empty())
    feed(one, lifecycle::stream_closed{stream.attempt});
  else
    feed(one, lifecycle::stream_failed{stream.attempt, cut(why)});
}

bool roster::take(entry& one, operations::agent_heartbeat const&) {
  auto const when = world_.now();
  feed(one, lifecycle::frame_heard{one.port_attempt}, when);
  one.told.last_heartbeat = when.wall;
  if (world_.wants_heartbeats()) tell(one, event_of(one, agent_event_kind::heartbeat, when.wall));
  return true;
}

bool roster::take(entry& one, operations::agent_message const& said) {
  if (one.link.state != lifecycle::link_state::registered)
    return refuse(one, "it spoke before it registered");
  auto const when = world_.now();
  feed(one, lifecycle::frame_heard{one.port_attempt}, when);
  auto what = event_of(one, agent_event_kind::message, when.wall);
  what.session = said.session;
  what.content = said.content;
  tell(one, std::move(what));
  return true;
}

bool roster::take(entry& one, operations::agent_error const& said) {
  feed(one, lifecycle::frame_heard{one.port_attempt});
  feed(one, lifecycle::error_reported{one.port_attempt, cut(said.message)});
  return one.port != nullptr;
}

bool roster::take(entry& one, operations::agent_register const&) {
  return refuse(one, "it registered twice");
}

bool roster::take(entry& one, operations::agent_unregister const&) {
  auto const number = one.number;
  bool const is_inbound = one.told.direction == operations::agent_direction::inbound;
  end(one);
  if (is_inbound) erase(number);
  return false;
}

bool roster::take(entry& one, said_registered) {
  if (one.told.direction == operations::agent_direction::inbound)
    return refuse(one, "`registered` is what we say to who registers");
  feed(one, lifecycle::registered_received{one.port_attempt});
  return true;
}

bool roster::refuse(entry& one, std::string_view why) {
  drop_port(one, parting::malformed, why);
  feed(one, lifecycle::stream_failed{one.port_attempt, cut(why)});
  return false;
}

void roster::drop_port(entry& one, parting how, std::string_view why) {
  if (auto* port = std::exchange(one.port, nullptr)) port->close(how, why);
}

// Stopped, whatever it was.
void roster::end(entry& one) {
  auto const before = state_of(one);
  if (before == agent_state::stopped) return;
  one.down_as = agent_state::stopped;
  drop_port(one, parting::stopped, "it was stopped");
  auto const when = world_.now();
  bool const was_down = one.link.state == lifecycle::link_state::down;
  feed(one, lifecycle::link_unwanted{}, when);
  if (was_down) tell_change(one, before, when.wall);
  over_.push_back(one.number);
  tell(one, event_of(one, agent_event_kind::stopped, when.wall));
}

// --- the machine ---

void roster::feed(entry& one, lifecycle::link_event const& happened) { feed(one, happened, world_.now()); }

void roster::feed(entry& one, lifecycle::link_event const& happened, moment const& when) {
  auto const before = state_of(one);
  auto out = lifecycle::step(std::move(one.link), happened, one.rules, when);
  one.link = std::move(out.next);
  for (auto const& fact : out.notices) note(one, fact, when);
  if (before != state_of(one)) tell_change(one, before, when.wall);
  for (auto const& ordered : out.commands) carry_out(one, ordered);
  reschedule(one);
}

void roster::carry_out(entry& one, lifecycle::link_command const& ordered) {
  bool const is_outbound = one.told.direction == operations::agent_direction::outbound;
  std::visit(overloaded{
                 // Who dials us comes by himself; the machine only waits.
                 [&](lifecycle::open_stream const& order) {
                   if (is_outbound) world_.dial({.agent = one.number, .attempt = order.attempt});
                 },
                 [&](lifecycle::close_stream const& order) {
                   if (order.attempt == one.port_attempt) drop_port(one, parting::lost, one.link.trouble);
                 },
                 // That we live is seen by who dialled us on the connection itself.
                 [&](lifecycle::send_heartbeat const&) {
                   if (is_outbound && one.port != nullptr) one.port->send(heartbeat_text);
                 },
             },
             ordered);
}

void roster::note(entry& one, lifecycle::link_notice const& fact, moment const& when) {
  auto const said = [&](agent_event_kind kind, std::string text) {
    auto what = event_of(one, kind, when.wall);
    what.text = std::move(text);
    return what;
  };
  auto const trouble = [&](error_code code, std::string const& why) {
    one.told.error = operations::told({code, why, {}, {}});
  };
  std::visit(overloaded{
                 [&](lifecycle::link_registered const& is) {
                   one.told.registered = when.wall;
                   one.told.error.reset();
                   tell(one, said(is.again ? agent_event_kind::reconnected : agent_event_kind::started, {}));
                 },
                 [&](lifecycle::link_heartbeat_timeout const& is) {
                   tell(one, said(agent_event_kind::heartbeat_timeout,
                                  fmt::format("nothing was heard for {}", format_duration(is.silence))));
                 },
                 [&](lifecycle::link_reconnecting const& is) {
                   tell(one, said(agent_event_kind::reconnecting, is.why));
                 },
                 [&](lifecycle::link_reconnect_failed const& is) {
                   auto what = said(agent_event_kind::reconnect_failed, is.why);
                   what.attempt = static_cast<std::uint32_t>(is.attempts);
                   tell(one, std::move(what));
                 },
                 [&](lifecycle::link_lost const& is) {
                   trouble(error_code::link_lost, is.why);
                   over_.push_back(one.number);
                 },
                 [&](lifecycle::link_failed_first const& is) {
                   one.down_as = agent_state::failed;
                   trouble(is.code, is.why);
                   over_.push_back(one.number);
                   tell(one, said(agent_event_kind::error, is.why));
                 },
                 [&](lifecycle::link_error const& is) {
                   trouble(error_code::link_failed, is.text);
                   tell(one, said(agent_event_kind::error, is.text));
                 },
                 // Follows from the state whenever it is asked for.
                 [](lifecycle::link_health_changed const&) {},
             },
             fact);
}

// Later than it is due does no harm: an early tick is refused, and the next one is set then. So a heartbeat,
// which only makes it later, touches nothing.
void roster::reschedule(entry& one) {
  auto const wanted = one.link.wake;
  if (!wanted || (one.scheduled && *one.scheduled <= *wanted)) return;
  if (one.scheduled) wakes_.erase({*one.scheduled, one.number});
  one.scheduled = wanted;
  wakes_.emplace(*wanted, one.number);
}

std::optional<instant> roster::next_wake() const {
  if (wakes_.empty()) return std::nullopt;
  return wakes_.begin()->first;
}

void roster::wake() {
  telling const at_the_end(*this);
  auto const now = world_.now().now;
  std::vector<agent_number> due;
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    due.push_back(wakes_.begin()->second);
    wakes_.erase(wakes_.begin());
  }
  for (auto const number : due) {
    auto const found = agents_.find(number);
    if (found == agents_.end()) continue;
    found->second.scheduled.reset();
    feed(found->second, lifecycle::tick{});
  }
}

// --- entries ---

roster::entry& roster::add(owner of, std::string_view name) {
  auto const number = ++last_;
  auto& one = agents_[number];
  one.number = number;
  one.of = std::move(of);
  one.rules = rules_.link;
  // Until the machine is wanted, which is at once.
  one.down_as = agent_state::connecting;
  one.told.id = world_.new_agent_id();
  one.told.name = name;
  one.told.instance = one.of.in.name;
  by_id_.emplace(one.told.id, number);
  by_name_.emplace(one.told.name, number);
  return one;
}

void roster::erase(agent_number which) {
  auto const found = agents_.find(which);
  auto& one = found->second;
  drop_port(one, parting::stopped, "it was forgotten");
  if (one.scheduled) wakes_.erase({*one.scheduled, which});
  by_id_.erase(one.told.id);
  auto const [begin, end] = by_name_.equal_range(one.told.name);
  by_name_.erase(std::find_if(begin, end, [&](auto const& named) { return named.second == which; }));
  agents_.erase(found);
}

bool roster::make_room() {
  while (agents_.size() >= rules_.agents_max && !over_.empty()) {
    auto const found = agents_.find(over_.front());
    over_.pop_front();
    if (found != agents_.end() && is_over(found->second)) erase(found->first);
  }
  // It is looked at only when there are too many, and must not grow until then.
  if (over_.size() > 2 * rules_.agents_max)
    over_.erase(over_.begin(), over_.end() - static_cast<std::ptrdiff_t>(rules_.agents_max));
  return agents_.size() < rules_.agents_max;
}

roster::entry* roster::find_named(place const& in, std::string_view name) {
  auto const [begin, end] = by_name_.equal_range(name);
  for (auto at = begin; at != end; ++at) {
    auto& one = agents_.at(at->second);
    if (one.of.in == in) return &one;
  }
  return nullptr;
}

// --- what is told ---

// Who is told may ask for something that is to be told; it is told by the outermost.
void roster::tell_all() {
  if (is_telling_) return;
  is_telling_ = true;
  while (!untold_.empty()) {
    auto const next = std::move(untold_.front());
    untold_.pop_front();
    world_.tell(next.first, next.second);
  }
  is_telling_ = false;
}

agent_state roster::state_of(entry const& one) {
  switch (one.link.state) {
    case lifecycle::link_state::down: return one.down_as;
    case lifecycle::link_state::dialing: return agent_state::connecting;
    case lifecycle::link_state::registered: return agent_state::registered;
    case lifecycle::link_state::reconnecting: return agent_state::reconnecting;
    case lifecycle::link_state::lost: return agent_state::lost;
  }
  return agent_state::failed;
}

bool roster::is_over(entry const& one) {
  auto const state = state_of(one);
  return state == agent_state::stopped || state == agent_state::lost || state == agent_state::failed;
}

bool roster::is_well(entry const& one) {
  return lifecycle::health(one.link) == lifecycle::link_health::healthy;
}

std::string roster::message_of(entry const& one) const {
  if (one.link.state != lifecycle::link_state::down)
    return lifecycle::message(one.link, one.rules, world_.now().now);
  return one.down_as == agent_state::failed ? "failed: " + one.link.trouble : "stopped";
}

operations::agent roster::shown(entry const& one) const {
  auto out = one.told;
  out.state = state_of(one);
  out.healthy = is_well(one);
  out.attempt = static_cast<std::uint32_t>(one.link.tries);
  out.attempts_max = static_cast<std::uint32_t>(one.rules.reconnect_attempts);
  out.message = message_of(one);
  return out;
}

operations::agent_event roster::event_of(entry const& one, agent_event_kind kind, wall_time time) const {
  return {.type = kind,
          .time = time,
          .agent = one.told.id,
          .attempt = static_cast<std::uint32_t>(one.link.tries),
          .attempts_max = static_cast<std::uint32_t>(one.rules.reconnect_attempts)};
}

void roster::tell_change(entry const& one, agent_state before, wall_time time) {
  auto what = event_of(one, agent_event_kind::status_changed, time);
  what.from = before;
  what.to = state_of(one);
  tell(one, std::move(what));
}

}  // namespace ostler::agents
