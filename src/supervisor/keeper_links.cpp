#include "supervisor/keeper_links.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/overloaded.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::supervisor {

using lifecycle::for_instance;
using lifecycle::for_link;

namespace {

// A dial that takes longer than this is tried anew by the link's own rules.
constexpr milliseconds dial_limit{30s};
// So many events are kept twice, here and there, at most.
constexpr std::uint64_t forget_every = 64;

}  // namespace

void keeper_links::carry_out(instance_id who, lifecycle::link_command const& what) {
  std::visit(overloaded{
                 [&](lifecycle::open_stream const& one) { dial(who, one.attempt); },
                 [&](lifecycle::close_stream const& one) { hang_up(who, one.attempt); },
                 [&](lifecycle::send_heartbeat const& one) {
                   if (auto* found = find(who, one.attempt); found != nullptr && found->client)
                     found->client->beat();
                 },
             },
             what);
}

std::shared_ptr<keeper_client> keeper_links::reached(instance_id who) const {
  auto const found = lines_.find(who);
  if (found == lines_.end() || !found->second.registered || !found->second.client->is_open()) return {};
  return found->second.client;
}

void keeper_links::dial(instance_id who, std::uint64_t attempt) {
  if (auto const found = lines_.find(who); found != lines_.end()) {
    if (found->second.attempt >= attempt) return;
    hang_up(who, found->second.attempt);
  }
  lines_[who].attempt = attempt;
  auto const started = needs_.tasks->spawn_stoppable(fmt::format("link of {}", who.text()),
                                                     [=, this] { return run(who, attempt); });
  if (auto* one = find(who, attempt); one != nullptr && started) one->stop = *started;
}

void keeper_links::hang_up(instance_id who, std::uint64_t attempt) {
  if (find(who, attempt) == nullptr) return;
  auto one = std::move(lines_.at(who));
  lines_.erase(who);
  if (one.client) one.client->close({error_code::link_failed, "the connection was closed by us", {}, {}});
  one.stop.stop();
}

void keeper_links::give_up_all() {
  while (!lines_.empty()) hang_up(lines_.begin()->first, lines_.begin()->second.attempt);
}

keeper_links::line* keeper_links::find(instance_id who, std::uint64_t attempt) {
  auto const found = lines_.find(who);
  return found == lines_.end() || found->second.attempt != attempt ? nullptr : &found->second;
}

void keeper_links::feed(instance_id who, lifecycle::link_event what) {
  needs_.feed(for_link{who, std::move(what)});
}

// Cancelled, it says nothing: whoever hung up knows.
task<void> keeper_links::run(instance_id who, std::uint64_t attempt) {
  auto made = co_await connect(who, attempt);
  if (find(who, attempt) == nullptr) co_return;
  if (!made) {
    lines_.erase(who);
    co_return feed(who, lifecycle::stream_failed{attempt, made.error().message});
  }
  co_await talk(who, attempt, std::move(*made));
}

task<result<std::shared_ptr<keeper_client>>> keeper_links::connect(instance_id who, std::uint64_t attempt) {
  auto const* it = needs_.find(who);
  if (it == nullptr) co_return fail(error_code::instance_unknown, "the instance is gone");
  auto const keeper = std::ranges::find_if(
      it->resources, [&](auto const& one) { return one.is_keeper() && one.generation == it->generation; });
  if (keeper == it->resources.end())
    co_return fail(error_code::link_failed, "the ledger knows no keeper of it");
  auto place = place_of(*it, needs_);
  if (!place) co_return std::unexpected(place.error());
  auto const entry = resource_of(*keeper);
  auto socket = co_await place->by->dial({.limit = dial_limit, .report = {}}, std::move(place->where), entry);
  if (!socket) co_return std::unexpected(socket.error());
  auto* one = find(who, attempt);
  if (one == nullptr) co_return fail(error_code::cancelled, "it was given up");
  auto made = std::make_shared<keeper_client>(needs_.where, std::move(*socket));
  one->client = made;
  feed(who, lifecycle::stream_opened{attempt});
  co_return made;
}

task<void> keeper_links::talk(instance_id who, std::uint64_t attempt, std::shared_ptr<keeper_client> with) {
  auto const hello = co_await with->greeting();
  auto const* it = needs_.find(who);
  if (find(who, attempt) == nullptr || it == nullptr) co_return;
  auto const failed = [&](std::string why) {
    with->close({error_code::link_failed, why, {}, {}});
    lines_.erase(who);
    feed(who, lifecycle::stream_failed{attempt, std::move(why)});
  };
  if (!hello) co_return failed(hello.error().message);
  if (hello->instance != who.text() || hello->generation != it->generation)
    co_return failed(fmt::format("a keeper of {} generation {} answered instead of generation {}",
                                 hello->instance, hello->generation, it->generation));
  auto const after = std::max(it->services_seq, hello->began_seq);
  auto const generation = it->generation;
  auto report = std::make_shared<keeper_report>(generation, it->services);
  // A new keeper says nothing of what it found as it was, so it is asked, when it has told all that happened.
  auto const unheard = std::make_shared<bool>(it->services_seq < hello->began_seq || it->services_seq == 0);
  auto const caught_up = [=, this](std::uint64_t seq) {
    if (seq >= hello->seq && std::exchange(*unheard, false)) ask_status(who, attempt, report, with);
  };
  with->hello({.token = {}, .after_seq = after});
  auto& one = *find(who, attempt);
  one.registered = true;
  one.forgotten = std::max(after, hello->oldest_seq > 0 ? hello->oldest_seq - 1 : 0);
  feed(who, lifecycle::registered_received{attempt});
  caught_up(after);
  auto const told = [=, this](wire::keeper_event const& happened) {
    auto* line = find(who, attempt);
    if (line == nullptr) return;
    if (overheard) overheard(who, happened);
    bool const had_gap = report->has_gap();
    if (auto heard = report->hear(happened)) needs_.feed(for_instance{who, std::move(*heard)});
    if (report->has_gap() && !had_gap) ask_status(who, attempt, report, with);
    caught_up(happened.seq);
    line = find(who, attempt);
    if (line != nullptr) forget_told(who, hello->nonce, *line);
  };
  auto const heard = [=, this] {
    if (find(who, attempt) != nullptr) feed(who, lifecycle::frame_heard{attempt});
  };
  auto const beat = [=, this](wire::heartbeat const&) {
    auto* line = find(who, attempt);
    if (line == nullptr) return;
    forget_told(who, hello->nonce, *line);
    if (beaten) beaten(who);
  };
  auto const why = co_await with->listen({.told = told, .beat = beat, .heard = heard});
  if (find(who, attempt) == nullptr) co_return;
  lines_.erase(who);
  needs_.log(fmt::format("the connection to {} ended: {}", who.text(), why.message));
  feed(who, lifecycle::stream_closed{attempt});
}

void keeper_links::ask_status(instance_id who, std::uint64_t attempt, std::shared_ptr<keeper_report> report,
                              std::shared_ptr<keeper_client> with) {
  auto work = [=, this] { return hear_status(who, attempt, report, with); };
  if (!needs_.tasks->spawn(fmt::format("status of {}", who.text()), std::move(work))) return;
}

task<void> keeper_links::hear_status(instance_id who, std::uint64_t attempt,
                                     std::shared_ptr<keeper_report> report,
                                     std::shared_ptr<keeper_client> with) {
  // What happened after it was made may have been heard before it.
  for (bool taken = false; !taken;) {
    auto const status = co_await with->ask<wire::keeper_status>("status", wire::nothing{});
    if (!status || find(who, attempt) == nullptr) co_return;
    auto told = report->hear(*status);
    taken = told.has_value();
    if (told) needs_.feed(for_instance{who, std::move(*told)});
  }
}

void keeper_links::forget_told(instance_id who, std::string const& nonce, line& one) {
  auto const* kept = needs_.find_kept(who);
  if (kept == nullptr || kept->services_seq < one.forgotten + forget_every) return;
  one.forgotten = kept->services_seq;
  // Its answer says nothing that we would act on.
  static_cast<void>(
      one.client->send("forget", wire::forget_params{.nonce = nonce, .through_seq = one.forgotten}));
}

}  // namespace ostler::supervisor
