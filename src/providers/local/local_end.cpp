// What is looked at and what is removed; the other half of local.hpp.
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fmt/format.h>
#include <utility>

#include "providers/local/local.hpp"
#include "providers/local/words.hpp"

namespace ostler::providers::local {
namespace {

namespace asio = boost::asio;

// How often a keeper that is killed while it ends all is started again to go on with it.
constexpr int ending_rounds_max = 5;

presence presence_of(standing state) {
  return state == standing::absent ? presence::absent : presence::present;
}

}  // namespace

sighting local_provider::look(place const& where, named_resource const& what) const {
  sighting seen{.name = what.name, .handle = {}, .detail = {}};
  auto const unknown = [&](std::string why) {
    seen.detail = std::move(why);
    return seen;
  };
  if (what.kind == directory_kind) {
    auto const found = places_.find(expected_marker(where, what));
    if (!found) return unknown(found.error().message);
    seen.seen = presence_of(found->state);
    seen.ours = found->state != standing::foreign;
    seen.detail = found->state == standing::leaving ? "half removed" : found->why;
    if (found->state == standing::ours) seen.handle = handle_of(places_.path_of(what.name));
    return seen;
  }
  if (what.kind != keeper_kind) return unknown(fmt::format("the local place has no {}", what.kind));
  auto const home = open_home(where);
  if (!home) return unknown(home.error().message);
  seen.seen = presence::absent;
  if (!*home) return seen;
  auto const state = look_at_keeper((*home)->get());
  if (!state) {
    seen.seen = presence::unknown;
    return unknown(state.error().message);
  }
  if (state->left_behind) seen.detail = "it was killed, and what it held may live";
  if (!state->runs(what.generation)) return seen;
  seen.seen = presence::present;
  seen.handle = handle_of(fmt::format("pid {}", state->last->pid));
  return seen;
}

task<result<std::vector<sighting>>> local_provider::do_inspect(call, place where,
                                                               std::vector<named_resource> what) {
  auto work = [this, where = std::move(where),
               all = std::move(what)](std::stop_token const&) -> result<std::vector<sighting>> {
    std::vector<sighting> seen;
    for (auto const& one : all) seen.push_back(look(where, one));
    return seen;
  };
  co_return co_await workers_.run(std::move(work));
}

task<result<std::vector<owned_thing>>> local_provider::do_list_owned(call, std::string daemon) {
  auto work = [this, daemon = std::move(daemon)](std::stop_token const&) -> result<std::vector<owned_thing>> {
    auto const all = places_.list();
    if (!all) return std::unexpected(all.error());
    std::vector<owned_thing> ours;
    for (auto const& one : *all) {
      if (one.daemon != daemon) continue;
      labels const whose{.daemon = one.daemon, .instance = one.instance, .generation = one.generation};
      ours.push_back({.kind = one.kind,
                      .label = one.label,
                      .name = one.name,
                      .handle = handle_of(places_.path_of(one.name)),
                      .whose = whose});
      if (one.keeper.empty()) continue;
      place const where{
          .whose = whose,
          .project = {},
          .settings = {},
          .resources = {{.kind = one.kind, .label = one.label, .name = one.name, .handle = {}}}};
      named_resource const keeper{.kind = std::string(keeper_kind),
                                  .label = {},
                                  .name = one.keeper,
                                  .handle = {},
                                  .generation = one.keeper_generation};
      auto const seen = look(where, keeper);
      // One that was killed, too, while what it held may live: whoever ends all that is listed ends that.
      if (seen.seen != presence::absent || !seen.detail.empty())
        ours.push_back({.kind = keeper.kind,
                        .label = {},
                        .name = keeper.name,
                        .handle = seen.handle,
                        .whose = {one.daemon, one.instance, one.keeper_generation}});
    }
    return ours;
  };
  co_return co_await workers_.run(std::move(work));
}

// A home that is taken away under its keeper would leave a keeper that nobody finds, and cgroups that nobody
// has noted.
result<void> local_provider::leave_unused(place const& where, std::stop_token const& stop) const {
  auto const home = open_home(where);
  if (!home) return std::unexpected(home.error());
  if (!*home) return {};
  auto const state = look_at_keeper((*home)->get());
  if (!state) return std::unexpected(state.error());
  bool used = state->alive || state->left_behind;
  if (!used) {
    auto const sealed = seal_home((*home)->get());
    if (!sealed) return std::unexpected(sealed.error());
    used = !*sealed;
  }
  if (!used) return clear_cgroups((*home)->get(), stop);
  return fail(error_code::delete_incomplete, "a keeper, or what it held, lives in its home; destroy it first",
              state->last ? fmt::format("the keeper with pid {}", state->last->pid) : "a keeper that begins");
}

task<result<void>> local_provider::do_destroy(call how, place where, named_resource what, pace speed) {
  if (what.kind == keeper_kind)
    co_return co_await end_keeper(std::move(how), std::move(where), std::move(what), speed);
  if (what.kind != directory_kind)
    co_return fail(error_code::provider_refused, fmt::format("the local place has no {}", what.kind));
  auto const here = async::home(co_await asio::this_coro::executor);
  auto work = [this, here, report = how.report, where, what](std::stop_token const& stop) -> result<void> {
    auto const labels = expected_marker(where, what);
    // By the name asked for, whatever else the ledger knows.
    auto const alone = place{.whose = where.whose, .project = {}, .settings = {}, .resources = {what}};
    if (what.label == home_label)
      if (auto done = leave_unused(alone, stop); !done) return done;
    return places_.remove(labels, stop, [&](std::uint64_t removed) {
      if (!report) return;
      asio::post(here, [=] { report({.what = "removing", .done = removed, .total = 0, .unit = "entries"}); });
    });
  };
  co_return co_await workers_.run(std::move(work));
}

// --- the end of a keeper ---

namespace {

enum class next_step : std::uint8_t {
  // Nothing of it is left.
  none,
  // It was told to end, and its end is to be awaited.
  wait,
  // It is dead, and somebody must end what it held.
  take_over,
  // One is just beginning.
  look_again,
};

struct ending {
  next_step next = next_step::none;
  system::fd pidfd;
};

result<ending> tell_to_end(int home, std::uint64_t generation, provider::pace speed,
                           std::stop_token const& stop) {
  auto state = look_at_keeper(home);
  if (!state) return std::unexpected(state.error());
  // A later one has taken over all that ours held.
  if (state->last && state->last->generation > generation) return ending{};
  // Ours was never seen, or has left in order. Perhaps it was told to begin and has not come to it.
  bool const ours = state->last && state->last->generation == generation;
  if (!ours || (!state->alive && !state->left_behind)) {
    auto const sealed = seal_home(home);
    if (!sealed) return std::unexpected(sealed.error());
    bool const earlier_runs = !ours && state->alive;
    if (earlier_runs) return ending{};
    if (!*sealed) return ending{.next = next_step::look_again, .pidfd = {}};
    // What an earlier one left is ended with that one.
    if (state->left_behind) return ending{};
    if (auto done = clear_cgroups(home, stop); !done) return std::unexpected(done.error());
    return ending{};
  }
  if (!state->alive) {
    if (auto done = write_spec_of_last(home, generation); !done) return std::unexpected(done.error());
    return ending{.next = next_step::take_over, .pidfd = {}};
  }
  auto const sent = state->alive->signal(SIGTERM);
  if (!sent) return std::unexpected(sent.error());
  if (speed == provider::pace::hurry)
    // One that ends meanwhile does not hear it.
    if (auto done = ask_to_hurry(home); !done && done.error().code != error_code::link_failed)
      return std::unexpected(done.error());
  auto pidfd = state->alive->release_pidfd();
  if (!pidfd)
    return fail(error_code::feature_missing,
                "this kernel has no pidfd, by which the end of a keeper is seen");
  return ending{.next = next_step::wait, .pidfd = std::move(pidfd)};
}

task<void> until_readable(system::fd what) {
  asio::posix::stream_descriptor watched(co_await asio::this_coro::executor, what.release());
  co_await watched.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

}  // namespace

task<result<void>> local_provider::end_keeper(call how, place where, named_resource keeper, pace speed) {
  auto const* home = find_directory(where, home_label);
  for (int round = 0; round < ending_rounds_max;) {
    auto work = [this, where, keeper, speed](std::stop_token const& stop) -> result<ending> {
      auto const opened = open_home(where);
      if (!opened) return std::unexpected(opened.error());
      if (!*opened) return ending{};
      return tell_to_end((*opened)->get(), keeper.generation, speed, stop);
    };
    auto step = co_await workers_.run(std::move(work));
    if (!step) co_return std::unexpected(step.error());
    if (step->next == next_step::none || home == nullptr) co_return result<void>{};
    if (step->next == next_step::look_again) {
      // It takes some milliseconds; the deadline of the call ends this.
      asio::steady_timer again(co_await asio::this_coro::executor, 10ms);
      co_await again.async_wait(asio::use_awaitable);
      continue;
    }
    ++round;
    if (step->next == next_step::wait) {
      co_await until_readable(std::move(step->pidfd));
      continue;
    }
    auto path = fmt::format("{}/{}", places_.path_of(home->name), home_inside);
    auto const started = co_await run_keeper(how.limit, std::move(path));
    if (!started)
      co_return fail(error_code::delete_incomplete,
                     fmt::format("{} was killed, and what it held could not be taken over to be ended: {}",
                                 keeper.name, started.error().message),
                     "the processes that it held");
  }
  co_return fail(error_code::delete_incomplete,
                 fmt::format("{} was killed again and again while it ended its services", keeper.name),
                 "the processes that it held");
}

}  // namespace ostler::providers::local
