// How the daemon is, and what it is.
#include <array>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/groups.hpp"
#include "answers/providers.hpp"
#include "operations/daemon_operations.hpp"

namespace ostler::answers {
namespace {

constexpr std::string_view api_version = "1";

operations::version_told version_of(answer_needs const* needs) {
  return {.version = needs->version, .api = std::string(api_version), .features = needs->features};
}

// Why the journal does not take everything; empty when it does.
std::string trouble_of(journal::condition what) {
  switch (what) {
    case journal::condition::sound: return {};
    case journal::condition::full: return "the disk of the journal is full: nothing new is taken";
    case journal::condition::failed: break;
  }
  return "the journal could not keep what was written: nothing is taken until the daemon starts again";
}

std::string trouble_of(answer_needs const* needs) {
  if (!needs->middle->refusing().empty()) return needs->middle->refusing();
  return trouble_of(needs->middle->journal().health());
}

task<result<operations::daemon_status>> status(answer_needs const* needs, operations::done,
                                               control::caller who) {
  operations::daemon_status out;
  out.daemon = needs->daemon;
  out.version = version_of(needs);
  out.pid = ::getpid();
  out.started = needs->started;
  out.refusing = trouble_of(needs);
  std::array<std::uint64_t, 7> counts{};
  std::uint64_t total = 0;
  for (auto const* it : needs->middle->all()) {
    if (!who.sees(it->id)) continue;
    ++total;
    ++counts.at(static_cast<std::size_t>(lifecycle::state_of(it->now)));
    if (it->needs.kind != lifecycle::attention_kind::none) ++out.needs_attention;
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts.at(i) > 0)
      out.instances.push_back({.state = static_cast<operations::instance_state>(i), .count = counts.at(i)});
  if (needs->subscribers) out.subscribers = needs->subscribers();
  out.seq = needs->middle->kept_seq();
  out.message = out.refusing.empty()
                    ? fmt::format("Running, {} {}", total, total == 1 ? "instance" : "instances")
                    : out.refusing;
  auto* const journal = &needs->middle->journal();
  auto oldest = [journal](std::stop_token const&) { return journal->events(0, 1); };
  auto const first = co_await needs->workers->run(std::move(oldest));
  if (!first) co_return std::unexpected(first.error());
  out.oldest_seq = first->empty() ? 0 : first->front().seq;
  co_return out;
}

task<result<operations::daemon_health>> health(answer_needs const* needs) {
  operations::daemon_health out;
  out.message = trouble_of(needs);
  out.healthy = out.message.empty();
  if (out.healthy) out.message = "Running";
  out.seq = needs->middle->kept_seq();
  co_return out;
}

task<result<operations::version_told>> version(answer_needs const* needs) { co_return version_of(needs); }

operations::doctor_check look_at_journal(answer_needs const* needs) {
  operations::doctor_check out{.name = "journal", .message = "it takes what is written"};
  auto const trouble = trouble_of(needs);
  if (trouble.empty()) return out;
  out.outcome = operations::check_outcome::failed;
  out.message = trouble;
  return out;
}

task<result<operations::doctor_report>> doctor(answer_needs const* needs, operations::doctor_request asked) {
  if (auto known = check_provider(needs, asked.provider); !known) co_return std::unexpected(known.error());
  operations::doctor_report out;
  if (asked.provider.empty()) out.checks.push_back(look_at_journal(needs));
  for (auto const& each : needs->middle->providers())
    if (asked.provider.empty() || each.who->name == asked.provider)
      out.checks.push_back(co_await look_at(each.who, needs->daemon));
  for (auto const& each : out.checks)
    out.healthy = out.healthy && each.outcome != operations::check_outcome::failed;
  co_return out;
}

}  // namespace

void bind_daemon(control::bindings& into, answer_needs const& needs) {
  into.bind<operations::status>([needs = &needs](auto asked, auto who) { return status(needs, asked, who); });
  into.bind<operations::doctor>([needs = &needs](auto asked, auto) { return doctor(needs, asked); });
  into.bind<operations::health>([needs = &needs](auto, auto) { return health(needs); });
  into.bind<operations::version>([needs = &needs](auto, auto) { return version(needs); });
}

}  // namespace ostler::answers
