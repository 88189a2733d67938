#include "providers/local/local.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

#include "async/process.hpp"
#include "providers/local/listed_copy.hpp"
#include "providers/local/put_marks.hpp"
#include "providers/local/tree_copy.hpp"
#include "providers/local/words.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"

namespace ostler::providers::local {
namespace {

namespace asio = boost::asio;

bool is_directory(std::string const& path) {
  struct stat seen{};
  return ::stat(path.c_str(), &seen) == 0 && S_ISDIR(seen.st_mode);
}

result<void> check_project(std::string const& project) {
  if (is_directory(project)) return {};
  return fail(error_code::provider_refused, fmt::format("the project {} is no directory", project));
}

// Reports from threads, brought home.
auto teller(async::home const& where, call const& how, std::string what, std::string unit) {
  return [where, report = how.report, what = std::move(what), unit = std::move(unit)](std::uint64_t done,
                                                                                      std::uint64_t total) {
    if (!report) return;
    asio::post(where, [=] { report({.what = what, .done = done, .total = total, .unit = unit}); });
  };
}

}  // namespace

result<std::unique_ptr<local_provider>> local_provider::open(local_options options, async::pool& workers) {
  auto all = places::open(options.root);
  if (!all)
    return fail(error_code::provider_unavailable,
                fmt::format("the local places cannot be used: {}", all.error().message), all.error().detail,
                all.error().hints);
  return std::unique_ptr<local_provider>(new local_provider(std::move(options), std::move(*all), workers));
}

task<result<std::vector<std::string>>> local_provider::sweep(call how) {
  auto const where = async::home(co_await asio::this_coro::executor);
  auto tell = teller(where, how, "removing what was left", "entries");
  auto work = [this, tell](std::stop_token const& stop) -> result<std::vector<std::string>> {
    return places_.sweep(stop, [&](std::uint64_t removed) { tell(removed, 0); });
  };
  co_return co_await workers_.run(std::move(work));
}

task<result<description>> local_provider::do_describe(call) {
  co_return description{
      .name = "local",
      .capabilities = {"mode.in_place", "mode.copy", "mode.empty", "progress"},
      .config_schema = std::string(settings_schema()),
      .isolated = isolation::none,
      .isolation_told =
          "Services run as the same user, on the same network, and can read and change all that this "
          "user can; a copy only keeps apart the files of the project."};
}

task<result<std::vector<resource_wish>>> local_provider::do_plan(call, place where) {
  auto const chosen = parse_settings(where.settings);
  if (!chosen) co_return std::unexpected(chosen.error());
  if (auto done = check_listed(where.copy); !done) co_return std::unexpected(done.error());
  bool const reads_project = chosen->mode != workspace_mode::empty || !where.copy.empty();
  if (reads_project) {
    // On a thread: the project may lie on a file system that does not answer.
    auto check = [project = where.project](std::stop_token const&) { return check_project(project); };
    if (auto done = co_await workers_.run(std::move(check)); !done) co_return std::unexpected(done.error());
  }
  std::vector<resource_wish> wishes;
  wishes.push_back({.kind = std::string(directory_kind), .label = std::string(home_label)});
  if (chosen->mode != workspace_mode::in_place)
    wishes.push_back({.kind = std::string(directory_kind), .label = std::string(workspace_label)});
  wishes.push_back({.kind = std::string(keeper_kind), .label = {}, .life = lifetime::run});
  co_return wishes;
}

// --- directories ---

namespace {

struct preparation {
  places const* all;
  marker labels;
  workspace_mode mode = workspace_mode::in_place;
  std::string project;
  copy_options copying;
  // Also what a copy leaves out.
  std::vector<std::string> listed;

  bool is_filled() const {
    return mode == workspace_mode::copy || (mode == workspace_mode::empty && !listed.empty());
  }
};

// Before the workspace is handed out: from then on whoever works in it may change what was put there.
result<void> remember_put(int directory, int workspace, std::vector<std::string> const& listed,
                          std::stop_token const& stop) {
  auto const put = marks_of(workspace, listed, stop);
  if (!put) return std::unexpected(put.error());
  if (put->empty()) return {};
  return system::replace_file_at(directory, put_list_inside, wire::write_put_list(*put),
                                 system::survives::power);
}

// The content is made anew, whatever an earlier call has left of it. Gives what could not be copied.
result<std::vector<std::string>> fill(preparation const& what, int directory, std::stop_token const& stop,
                                      copy_watcher const& watch) {
  if (auto done = empty_out(directory, workspace_inside, stop, [](std::uint64_t) {}); !done)
    return std::unexpected(done.error());
  if (auto done = check_project(what.project); !done) return std::unexpected(done.error());
  std::vector<std::string> notes;
  if (what.mode == workspace_mode::copy) {
    auto copied = copy_tree(what.project, directory, workspace_inside, what.copying, stop, watch);
    if (!copied) return std::unexpected(copied.error());
    for (auto const& path : copied->left_out)
      notes.push_back(fmt::format("{} was not copied: it is mounted there, or no file, directory or link",
                                  system::shown(path)));
  } else if (::mkdirat(directory, std::string(workspace_inside).c_str(), 0700) != 0) {
    return system::fail_errno("make the workspace");
  }
  auto const workspace = system::open_at(directory, std::string(workspace_inside), O_RDONLY | O_DIRECTORY);
  if (!workspace) return std::unexpected(workspace.error());
  // All of what is listed is wanted, also what a copy of the whole leaves out.
  auto all = what.copying;
  all.exclude.clear();
  auto missing = copy_listed(what.project, workspace->get(), what.listed, all, stop, watch);
  if (!missing) return std::unexpected(missing.error());
  notes.insert(notes.end(), missing->begin(), missing->end());
  if (auto done = remember_put(directory, workspace->get(), what.listed, stop); !done)
    return std::unexpected(done.error());
  auto labels = what.labels;
  labels.whole = true;
  if (auto done = write_marker(directory, labels); !done) return std::unexpected(done.error());
  return notes;
}

result<prepared> prepare_directory(preparation what, std::stop_token const& stop, copy_watcher const& watch) {
  auto found = what.all->find(what.labels);
  if (!found) return std::unexpected(found.error());
  auto const handle = handle_of(what.all->path_of(what.labels.name));
  if (found->state == standing::foreign)
    return prepared{.how = made_how::existed_foreign, .handle = {}, .notes = {}};
  if (found->state == standing::leaving)
    return fail(error_code::provider_failed, fmt::format("{} is being removed", what.labels.name));
  if (found->state == standing::ours && found->says.whole)
    return prepared{.how = made_how::existed_ours, .handle = handle, .notes = {}};
  bool const filled = what.is_filled();
  auto directory = std::move(found->directory);
  if (found->state == standing::absent) {
    what.labels.whole = !filled;
    auto made = what.all->make(what.labels, what.labels.label == home_label ? home_inside : workspace_inside);
    if (!made) return std::unexpected(made.error());
    directory = std::move(*made);
  }
  prepared made{.how = made_how::made, .handle = handle, .notes = {}};
  if (!filled) return made;
  auto notes = fill(what, directory.get(), stop, watch);
  if (!notes) return std::unexpected(notes.error());
  made.notes = std::move(*notes);
  return made;
}

}  // namespace

task<result<prepared>> local_provider::do_prepare(call how, place where, named_resource what) {
  auto chosen = parse_settings(where.settings);
  if (!chosen) co_return std::unexpected(chosen.error());
  bool const is_workspace = what.label == workspace_label && chosen->mode != workspace_mode::in_place;
  if (what.kind != directory_kind || (what.label != home_label && !is_workspace))
    co_return fail(error_code::provider_refused,
                   fmt::format("the local place has no {} \"{}\"", what.kind, what.label));
  preparation order{.all = &places_,
                    .labels = expected_marker(where, what),
                    .project = where.project,
                    .copying = {},
                    .listed = {}};
  if (is_workspace) {
    order.mode = chosen->mode;
    order.listed = where.copy;
    order.copying = {.threads = options_.copy_threads,
                     .exclude = std::move(chosen->exclude),
                     .never_enter = places_.descriptor()};
  }
  auto const here = async::home(co_await asio::this_coro::executor);
  auto tell_files = teller(here, how, "copying", "files");
  auto tell_bytes = teller(here, how, "copying", "bytes");
  auto work = [=, order = std::move(order)](std::stop_token const& stop) {
    return prepare_directory(order, stop, [&](copy_count const& count) {
      tell_files(count.files, 0);
      tell_bytes(count.bytes, 0);
    });
  };
  co_return co_await workers_.run(std::move(work));
}

// --- the keeper ---

result<finding> local_provider::find_home(place const& where) const {
  auto const* home = find_directory(where, home_label);
  if (home == nullptr)
    return finding{.state = standing::absent, .says = {}, .directory = {}, .why = "the ledger names no home"};
  auto found = places_.find(expected_marker(where, *home));
  if (found && found->state == standing::foreign) return fail(error_code::foreign_resource, found->why);
  return found;
}

result<std::optional<system::fd>> local_provider::open_home(place const& where) const {
  auto const found = find_home(where);
  if (!found) return std::unexpected(found.error());
  if (found->state != standing::ours) return std::nullopt;
  auto opened = system::open_at(found->directory.get(), home_inside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (opened) return std::optional(std::move(*opened));
  if (opened.error().code == error_code::file_unknown) return std::nullopt;
  return std::unexpected(opened.error());
}

result<std::string> local_provider::workspace_of(place const& where) const {
  auto const chosen = parse_settings(where.settings);
  if (!chosen) return std::unexpected(chosen.error());
  if (chosen->mode == workspace_mode::in_place) {
    if (auto done = check_project(where.project); !done) return std::unexpected(done.error());
    return where.project;
  }
  auto const* workspace = find_directory(where, workspace_label);
  if (workspace == nullptr) return fail(error_code::provider_failed, "the workspace was not prepared");
  auto const found = places_.find(expected_marker(where, *workspace));
  if (!found) return std::unexpected(found.error());
  if (found->state == standing::foreign) return fail(error_code::foreign_resource, found->why);
  if (found->state != standing::ours || !found->says.whole)
    return fail(error_code::provider_failed,
                fmt::format("the workspace {} is {}", workspace->name,
                            found->state == standing::ours ? "not all there" : "gone"));
  return fmt::format("{}/{}", places_.path_of(workspace->name), workspace_inside);
}

result<running> local_provider::put_spec(place const& where, named_resource const& keeper,
                                         wire::keeper_spec spec) const {
  auto workspace = workspace_of(where);
  if (!workspace) return std::unexpected(workspace.error());
  auto const found = find_home(where);
  if (!found) return std::unexpected(found.error());
  auto const home = open_home(where);
  if (!home) return std::unexpected(home.error());
  if (!*home || found->state != standing::ours)
    return fail(error_code::provider_failed, "the home of the keeper was not prepared, or is gone");
  auto const state = look_at_keeper((*home)->get());
  if (!state) return std::unexpected(state.error());
  if (state->runs(spec.generation)) {
    auto const heard = connect_to_keeper((*home)->get());
    return heard ? running::listens : running::begins;
  }
  if (state->alive)
    return fail(error_code::keeper_held, fmt::format("the keeper of generation {} still runs with pid {}",
                                                     state->last->generation, state->last->pid));
  auto says = found->says;
  says.keeper = keeper.name;
  says.keeper_generation = keeper.generation;
  if (auto done = write_marker(found->directory.get(), says); !done) return std::unexpected(done.error());
  spec.workspace = std::move(*workspace);
  if (auto done = write_spec((*home)->get(), spec); !done) return std::unexpected(done.error());
  return running::no;
}

task<result<void>> local_provider::run_keeper(milliseconds limit, std::string home) {
  async::process_request request;
  request.argv = {options_.keeper_program, "run", "--dir", std::move(home)};
  if (options_.open_files > 0) {
    request.argv.emplace_back("--open-files");
    request.argv.push_back(fmt::format("{}", options_.open_files));
  }
  request.environment = options_.environment;
  auto const ran = co_await async::run_program(std::move(request), {.time = limit});
  if (!ran) co_return std::unexpected(ran.error());
  if (ran->end.code == 0) co_return result<void>{};
  // The one word of it that we act on: somebody else has the lock.
  bool const held = ran->errors.find(" is held by ") != std::string::npos;
  co_return fail(held ? error_code::keeper_held : error_code::provider_failed,
                 fmt::format("the keeper did not start: {}", ran->errors));
}

task<result<launched>> local_provider::do_launch(call how, place where, named_resource keeper,
                                                 wire::keeper_spec spec) {
  auto const* home = find_directory(where, home_label);
  if (home == nullptr) co_return fail(error_code::provider_failed, "the ledger names no home of the keeper");
  auto path = fmt::format("{}/{}", places_.path_of(home->name), home_inside);
  auto const handle = handle_of(path);
  for (;;) {
    auto put = [=, this](std::stop_token const&) { return put_spec(where, keeper, spec); };
    auto const runs = co_await workers_.run(std::move(put));
    if (!runs) co_return std::unexpected(runs.error());
    if (*runs == running::listens) co_return launched{.found = true, .handle = handle};
    if (*runs == running::no) {
      auto const started = co_await run_keeper(how.limit, path);
      if (started) co_return launched{.found = false, .handle = handle};
      if (started.error().code != error_code::keeper_held) co_return std::unexpected(started.error());
    }
    // One that was told to begin by a call that was given up is on its way; the deadline of this call ends
    // it.
    asio::steady_timer again(co_await asio::this_coro::executor, 10ms);
    co_await again.async_wait(asio::use_awaitable);
  }
}

task<result<system::fd>> local_provider::do_dial(call, place where, named_resource keeper) {
  for (;;) {
    auto work = [this, where](std::stop_token const&) -> result<system::fd> {
      auto const home = open_home(where);
      if (!home) return std::unexpected(home.error());
      if (!*home) return fail(error_code::link_failed, "the home of the keeper is not there");
      return connect_to_keeper((*home)->get());
    };
    auto connected = co_await workers_.run(std::move(work));
    if (connected) co_return connected;
    if (connected.error().code != error_code::system_exhausted)
      co_return fail(connected.error().code,
                     fmt::format("could not reach {}: {}", keeper.name, connected.error().message));
    // Its queue is full; the deadline of the call ends this.
    asio::steady_timer again(co_await asio::this_coro::executor, 20ms);
    co_await again.async_wait(asio::use_awaitable);
  }
}

}  // namespace ostler::providers::local
