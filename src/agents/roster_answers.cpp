// What can be asked of the roster.
#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "agents/roster.hpp"
#include "base/name.hpp"
#include "wire/json_value.hpp"

namespace ostler::agents {
namespace {

using operations::agent_event_kind;
using operations::agent_state;

bool is_named(place const& where, std::string_view instance) {
  return !instance.empty() && (where.name == instance || (where.id && where.id.text() == instance));
}

std::unexpected<error> unknown(std::string_view agent) {
  return fail(error_code::agent_unknown, fmt::format("there is no agent {}", in_quotes(agent)));
}

void sort_by_name(operations::agent_list& all) {
  std::ranges::sort(all.agents, [](auto const& a, auto const& b) {
    return std::tie(a.name, a.id) < std::tie(b.name, b.id);
  });
}

}  // namespace

result<agent_number> roster::number_of(viewer who, std::string_view agent) const {
  if (auto const found = by_id_.find(agent); found != by_id_.end()) {
    if (!who.sees(agents_.at(found->second).of.in)) return unknown(agent);
    return found->second;
  }
  std::optional<agent_number> out;
  std::string ids;
  auto const [begin, end] = by_name_.equal_range(agent);
  for (auto at = begin; at != end; ++at) {
    auto const& one = agents_.at(at->second);
    if (!who.sees(one.of.in)) continue;
    out = one.number;
    ids += (ids.empty() ? "" : ", ") + one.told.id;
  }
  if (!out) return unknown(agent);
  if (ids.find(',') != ids.npos)
    return fail(
        error_code::value_unknown,
        fmt::format("several agents have the name {}; name one by its id: {}", in_quotes(agent), ids));
  return *out;
}

result<roster::entry*> roster::find(viewer who, std::string_view agent) {
  auto const number = number_of(who, agent);
  if (!number) return std::unexpected(number.error());
  return &agents_.at(*number);
}

result<roster::entry const*> roster::find(viewer who, std::string_view agent) const {
  auto const number = number_of(who, agent);
  if (!number) return std::unexpected(number.error());
  return &agents_.at(*number);
}

operations::agent_list roster::list(viewer who, operations::agent_filter const& filter) const {
  operations::agent_list out;
  for (auto const& [number, one] : agents_) {
    bool const is_asked_for = who.sees(one.of.in) &&
                              (filter.instance.empty() || is_named(one.of.in, filter.instance)) &&
                              filter.healthy.value_or(is_well(one)) == is_well(one);
    if (is_asked_for) out.agents.push_back(shown(one));
  }
  sort_by_name(out);
  return out;
}

result<operations::agent> roster::get(viewer who, std::string_view agent) const {
  auto const one = find(who, agent);
  if (!one) return std::unexpected(one.error());
  return shown(**one);
}

result<operations::agent_status> roster::status(viewer who, std::string_view agent) const {
  auto one = get(who, agent);
  if (!one) return std::unexpected(one.error());
  return operations::agent_status{.state = one->state,
                                  .message = std::move(one->message),
                                  .attempt = one->attempt,
                                  .attempts_max = one->attempts_max,
                                  .last_heartbeat = one->last_heartbeat};
}

result<operations::agent_healthy> roster::is_healthy(viewer who, std::string_view agent) const {
  auto one = get(who, agent);
  if (!one) return std::unexpected(one.error());
  return operations::agent_healthy{.healthy = one->healthy, .message = std::move(one->message)};
}

operations::agent_count roster::count(viewer who) const {
  operations::agent_count out;
  for (auto const& [number, one] : agents_) {
    if (!who.sees(one.of.in) || state_of(one) != agent_state::registered) continue;
    ++out.count;
    if (is_well(one)) ++out.healthy;
  }
  return out;
}

operations::agent_health roster::health_check(viewer who) const {
  operations::agent_health out;
  for (auto const& [number, one] : agents_) {
    // Who was stopped is as it should be.
    if (!who.sees(one.of.in) || state_of(one) == agent_state::stopped) continue;
    ++out.count;
    if (!is_well(one)) out.unhealthy.push_back(one.told.name);
  }
  std::ranges::sort(out.unhealthy);
  out.healthy = out.unhealthy.empty();
  return out;
}

result<operations::agent> roster::stop(viewer who, std::string_view agent) {
  telling const at_the_end(*this);
  auto const one = find(who, agent);
  if (!one) return std::unexpected(one.error());
  end(**one);
  return shown(**one);
}

void roster::stop(agent_number which) {
  telling const at_the_end(*this);
  if (auto const found = agents_.find(which); found != agents_.end()) end(found->second);
}

std::optional<agent_state> roster::state(agent_number which) const {
  auto const found = agents_.find(which);
  if (found == agents_.end()) return std::nullopt;
  return state_of(found->second);
}

operations::agent_list roster::stop_all(viewer who) {
  telling const at_the_end(*this);
  operations::agent_list out;
  for (auto& [number, one] : agents_) {
    if (!who.sees(one.of.in) || state_of(one) == agent_state::stopped) continue;
    end(one);
    out.agents.push_back(shown(one));
  }
  sort_by_name(out);
  return out;
}

result<operations::agent> roster::heartbeat(viewer who, std::string_view agent) {
  telling const at_the_end(*this);
  auto const one = find(who, agent);
  if (!one) return std::unexpected(one.error());
  if (state_of(**one) != agent_state::registered)
    return fail(error_code::invalid_state,
                fmt::format("{} is not registered but {}", in_quotes(agent), shown(**one).message));
  take(**one, operations::agent_heartbeat{});
  return shown(**one);
}

result<operations::agent> roster::report_error(viewer who, operations::agent_trouble const& what) {
  telling const at_the_end(*this);
  auto const one = find(who, what.agent);
  if (!one) return std::unexpected(one.error());
  if (state_of(**one) != agent_state::registered)
    return fail(error_code::invalid_state,
                fmt::format("{} is not registered but {}", in_quotes(what.agent), shown(**one).message));
  take(**one, operations::agent_error{.message = what.message});
  return shown(**one);
}

std::optional<agent_number> roster::given_up(viewer who, operations::agent_work const& work) const {
  for (auto const& [number, one] : agents_) {
    bool const is_meant = who.sees(one.of.in) && is_named(one.of.in, work.instance) &&
                          (work.agent.empty() || one.told.name == work.agent || one.told.id == work.agent);
    bool const is_ours = one.told.direction == operations::agent_direction::outbound;
    if (is_meant && is_ours && is_over(one)) return number;
  }
  return std::nullopt;
}

// The agent that takes the work: the one that is named, or the only one of the instance.
result<roster::entry*> roster::find_worker(viewer who, operations::agent_work const& work) {
  std::vector<entry*> registered;
  entry* known = nullptr;
  std::string names;
  for (auto& [number, one] : agents_) {
    bool const is_meant = who.sees(one.of.in) && is_named(one.of.in, work.instance) &&
                          (work.agent.empty() || one.told.name == work.agent || one.told.id == work.agent);
    if (!is_meant) continue;
    known = &one;
    if (state_of(one) != agent_state::registered) continue;
    registered.push_back(&one);
    names += (names.empty() ? "" : ", ") + in_quotes(one.told.name);
  }
  if (registered.size() == 1) return registered.front();
  if (registered.size() > 1)
    return fail(error_code::value_unknown,
                fmt::format("{} has several agents; name one: {}", in_quotes(work.instance), names));
  auto const whose = work.agent.empty() ? std::string("an agent") : "the agent " + in_quotes(work.agent);
  if (known == nullptr)
    return fail(error_code::agent_unknown, fmt::format("{} has not {}", in_quotes(work.instance), whose));
  return fail(error_code::not_registered_in_time,
              fmt::format("{} of {} is not registered but {}", whose, in_quotes(work.instance),
                          shown(*known).message));
}

result<operations::task> roster::start(viewer who, operations::agent_work const& work) {
  telling const at_the_end(*this);
  if (work.text.empty() == work.content.text.empty())
    return fail(error_code::usage,
                "work for an agent is said either in words (text) or in its own form (content)");
  auto const found = find_worker(who, work);
  if (!found) return std::unexpected(found.error());
  auto& one = **found;
  operations::agent_message said{.session = world_.new_session_id(), .content = work.content};
  if (said.content.text.empty()) {
    said.content.text = R"({"text":)";
    wire::write_part(said.content.text, work.text);
    said.content.text += '}';
  }
  if (one.port == nullptr || !one.port->send(wire::to_json(said)))
    return fail(error_code::link_failed,
                fmt::format("{} takes nothing more at the moment", in_quotes(one.told.name)));
  one.sessions.push_back(said.session);
  if (one.sessions.size() > rules_.sessions_max) one.sessions.pop_front();
  return operations::task{.session = std::move(said.session),
                          .instance = one.told.instance,
                          .agent = one.told.id,
                          .message = fmt::format("{} has it", one.told.name)};
}

result<void> roster::check(viewer who, operations::agent_subscription const& wanted) const {
  if (!wanted.agent.empty())
    if (auto const one = find(who, wanted.agent); !one) return std::unexpected(one.error());
  if (wanted.session.empty()) return {};
  for (auto const& [number, one] : agents_)
    if (who.sees(one.of.in) && std::ranges::find(one.sessions, wanted.session) != one.sessions.end())
      return {};
  return fail(error_code::session_unknown,
              fmt::format("no agent has the session {}", in_quotes(wanted.session)));
}

}  // namespace ostler::agents
