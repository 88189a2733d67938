#include "providers/provider.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "async/deadline.hpp"
#include "base/name.hpp"

namespace ostler::providers {
namespace {

constexpr std::size_t resource_name_max = 128;

bool plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

result<void> check(place const& where) {
  if (where.whose.daemon.empty() || !where.whose.instance)
    return fail(error_code::provider_refused, "a place is asked for without saying whose it is");
  if (!where.project.starts_with('/') || where.project.find('\0') != std::string::npos)
    return fail(error_code::provider_refused,
                fmt::format("the project {} is no absolute path", in_quotes(where.project)));
  return {};
}

result<void> check(place const& where, std::vector<named_resource> const& all) {
  if (auto done = check(where); !done) return done;
  for (auto const& list : {std::cref(all), std::cref(where.resources)})
    for (auto const& one : list.get())
      if (auto done = check_name(one.name); !done) return done;
  return {};
}

}  // namespace

std::string_view name(isolation value) {
  switch (value) {
    case isolation::none: return "none";
    case isolation::files: return "files";
    case isolation::container: return "container";
    case isolation::machine: break;
  }
  return "machine";
}

std::string_view name(made_how value) {
  switch (value) {
    case made_how::made: return "made";
    case made_how::existed_ours: return "existed and is ours";
    case made_how::existed_foreign: break;
  }
  return "existed and is foreign";
}

std::string_view name(presence value) {
  switch (value) {
    case presence::unknown: return "unknown";
    case presence::absent: return "absent";
    case presence::present: break;
  }
  return "present";
}

result<void> check_name(std::string_view name) {
  bool const allowed =
      !name.empty() && name.size() <= resource_name_max && plain(name.front()) &&
      std::ranges::all_of(name, [](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
  if (allowed) return {};
  return fail(error_code::name_invalid,
              fmt::format("{} is no name for a resource: a-z, 0-9, '-', '_' and '.' are, {} of them at most",
                          in_quotes(name), resource_name_max));
}

task<result<description>> provider::describe(call how) {
  auto const limit = how.limit;
  co_return co_await async::with_deadline(limit, "describe the provider", do_describe(std::move(how)));
}

task<result<std::vector<resource_wish>>> provider::plan(call how, place where) {
  if (auto done = check(where); !done) co_return std::unexpected(std::move(done.error()));
  auto const limit = how.limit;
  co_return co_await async::with_deadline(limit, "plan the place", do_plan(std::move(how), std::move(where)));
}

task<result<prepared>> provider::prepare(call how, place where, named_resource what) {
  if (auto done = check(where, {what}); !done) co_return std::unexpected(std::move(done.error()));
  if (what.kind == keeper_kind)
    co_return fail(error_code::provider_refused, "a keeper is launched, not prepared");
  auto const limit = how.limit;
  auto title = fmt::format("prepare {}", what.name);
  auto work = do_prepare(std::move(how), std::move(where), std::move(what));
  co_return co_await async::with_deadline(limit, std::move(title), std::move(work));
}

task<result<launched>> provider::launch(call how, place where, named_resource keeper,
                                        wire::keeper_spec spec) {
  if (auto done = check(where, {keeper}); !done) co_return std::unexpected(std::move(done.error()));
  if (keeper.kind != keeper_kind || keeper.generation != spec.generation)
    co_return fail(error_code::provider_refused,
                   fmt::format("{} is not the keeper of generation {}", keeper.name, spec.generation));
  auto const limit = how.limit;
  auto title = fmt::format("launch {}", keeper.name);
  auto work = do_launch(std::move(how), std::move(where), std::move(keeper), std::move(spec));
  co_return co_await async::with_deadline(limit, std::move(title), std::move(work));
}

task<result<system::fd>> provider::dial(call how, place where, named_resource keeper) {
  if (auto done = check(where, {keeper}); !done) co_return std::unexpected(std::move(done.error()));
  auto const limit = how.limit;
  auto title = fmt::format("dial {}", keeper.name);
  auto work = do_dial(std::move(how), std::move(where), std::move(keeper));
  co_return co_await async::with_deadline(limit, std::move(title), std::move(work));
}

task<result<std::vector<sighting>>> provider::inspect(call how, place where,
                                                      std::vector<named_resource> what) {
  if (auto done = check(where, what); !done) co_return std::unexpected(std::move(done.error()));
  auto const limit = how.limit;
  auto work = do_inspect(std::move(how), std::move(where), std::move(what));
  co_return co_await async::with_deadline(limit, "inspect the place", std::move(work));
}

task<result<void>> provider::destroy(call how, place where, named_resource what, pace speed) {
  if (auto done = check(where, {what}); !done) co_return std::unexpected(std::move(done.error()));
  auto const limit = how.limit;
  auto title = fmt::format("destroy {}", what.name);
  auto work = do_destroy(std::move(how), std::move(where), std::move(what), speed);
  co_return co_await async::with_deadline(limit, std::move(title), std::move(work));
}

task<result<wire::work_found>> provider::find_work(call how, place where) {
  if (auto done = check(where, {}); !done) co_return std::unexpected(std::move(done.error()));
  auto const limit = how.limit;
  auto work = do_find_work(std::move(how), std::move(where));
  co_return co_await async::with_deadline(limit, "look for work in the workspace", std::move(work));
}

task<result<std::vector<owned_thing>>> provider::list_owned(call how, std::string daemon) {
  auto const limit = how.limit;
  auto work = do_list_owned(std::move(how), std::move(daemon));
  co_return co_await async::with_deadline(limit, "list what is ours", std::move(work));
}

}  // namespace ostler::providers
