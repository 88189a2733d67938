#include "keeper/hold/containment.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "keeper/hold/group_kinds.hpp"
#include "system/cgroups.hpp"
#include "system/files.hpp"
#include "system/noted_cgroups.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t name_max = 100;

result<void> check_name(std::string_view name) {
  auto const good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= name_max && std::ranges::all_of(name, good)) return {};
  return fail(error_code::name_invalid, fmt::format("\"{}\" cannot name a group of processes", name));
}

std::string parent_of(std::string const& path) { return path.substr(0, path.rfind('/')); }

std::string instance_folder(std::string_view instance) { return fmt::format("ostler-{}", instance); }

std::string run_folder(std::string_view run) { return fmt::format("run-{}", run); }

std::string_view controller_of(containment_kind kind) {
  return kind == containment_kind::cgroup1 ? "freezer" : "";
}

// Where the runs of this keeper are. A keeper that has left for a cgroup of its own (escape.hpp) is a
// neighbour of theirs: one that holds processes and passes controllers on does not exist in version 2.
std::string instance_directory(system::cgroup_hierarchy const& hierarchy, std::string const& own,
                               containment_options const& options) {
  if (system::path_is_within(options.directory, hierarchy.mount.point) &&
      options.directory != hierarchy.mount.point)
    return options.directory;
  auto const folder = instance_folder(options.instance);
  auto const ours = own.ends_with("/" + folder + "/keeper") ? parent_of(own) : own + "/" + folder;
  return hierarchy.mount.unified ? fmt::format("{}/{}", ours, runs_folder) : ours;
}

bool is_runs_folder(std::string const& path) { return path.ends_with(fmt::format("/{}", runs_folder)); }

// The one that bears the keeper's name.
std::string named_directory(std::string const& path) { return is_runs_folder(path) ? parent_of(path) : path; }

result<system::cgroup_directory> make_directory(std::string const& path) {
  if (auto above = system::cgroup_directory::make(named_directory(path)); !above || !is_runs_folder(path))
    return above;
  return system::cgroup_directory::make(path);
}

// Those that may have to pass controllers on to the directory of all runs.
std::vector<std::string> above_all_runs(std::string const& path) {
  auto const named = named_directory(path);
  std::vector<std::string> all{parent_of(named)};
  if (is_runs_folder(path)) all.push_back(named);
  return all;
}

result<void> note(containment_options const& options, std::string const& path) {
  if (options.home < 0) return {};
  return system::note_cgroups(options.home, {path});
}

// Where those of version 1 are that a former keeper of this home has put runs into, and else where ours are
// to be, noted. They are made when a limit is asked for.
result<limit_places> places_of_limits(containment_options const& options) {
  std::vector<std::string> former;
  if (options.home >= 0) {
    auto noted = system::noted_cgroups(options.home);
    if (!noted) return std::unexpected(noted.error());
    former = std::move(*noted);
  }
  limit_places places;
  std::vector<std::string> to_note;
  for (auto const controller : limit_controllers) {
    auto const hierarchy = system::find_hierarchy(controller);
    auto const own = hierarchy ? hierarchy->directory_of(hierarchy->own_path) : std::nullopt;
    if (!own) continue;
    auto const is_there = [&](auto const& path) {
      return system::path_is_within(path, hierarchy->mount.point);
    };
    auto const found = std::ranges::find_if(former, is_there);
    auto path =
        found != former.end() ? *found : fmt::format("{}/{}", *own, instance_folder(options.instance));
    if (found == former.end()) to_note.push_back(path);
    places.push_back({.controller = std::string(controller), .directory = std::move(path)});
  }
  if (options.home >= 0)
    if (auto done = system::note_cgroups(options.home, to_note); !done) return std::unexpected(done.error());
  return places;
}

}  // namespace

std::string_view text(containment_kind kind) {
  switch (kind) {
    case containment_kind::cgroup2: return "cgroup2";
    case containment_kind::cgroup1: return "cgroup1";
    case containment_kind::scan: return "scan";
  }
  return "scan";
}

std::optional<containment_kind> containment_kind_named(std::string_view word) {
  for (auto const kind : {containment_kind::cgroup2, containment_kind::cgroup1, containment_kind::scan})
    if (word == text(kind)) return kind;
  return std::nullopt;
}

run_group::run_group(std::string token, limit_keeper limits)
    : token_(std::move(token)), limits_(std::move(limits)) {}

spawn_place run_group::place() const {
  spawn_place place{.cgroup2_directory = -1, .cgroup1_procs = limits_.joined(), .marker = {}};
  place.marker = fmt::format("{}={}", run_variable, token_);
  add_place(place);
  return place;
}

bool run_group::bears_token(pid_t pid) const { return system::environment_of(pid, run_variable) == token_; }

bool run_group::contains(pid_t pid) const { return bears_token(pid); }

run_group::~run_group() {
  if (live_ != nullptr) std::erase(*live_, this);
}

result<void> run_group::share(shared_limits const& all) {
  cpu_cores_most_ = all.wanted().cpu_cores;
  if (auto done = limits_.join(all.where()); !done) return done;
  if (auto done = gather(); !done) return done;
  if (!wanted_.cpu_cores) return {};
  if (auto done = hold_limits(); !done) return std::unexpected(done.error());
  return {};
}

// Again for those whom others have made meanwhile: it ends, because who is in makes no more outside.
result<void> run_group::gather() {
  if (limits_.joined().empty()) return {};
  constexpr int rounds_max = 20;
  for (int round = 0; round < rounds_max; ++round) {
    auto const whom = members();
    if (!whom) return std::unexpected(whom.error());
    if (limits_.gather(*whom) == 0) return {};
  }
  return fail(error_code::system_exhausted, "its processes multiply faster than they can be limited");
}

result<limit_report> run_group::hold_limits() {
  auto wanted = wanted_;
  if (wanted.cpu_cores && cpu_cores_most_) wanted.cpu_cores = std::min(*wanted.cpu_cores, *cpu_cores_most_);
  return limits_.apply(wanted);
}

result<std::vector<pid_t>> run_group::members(reach how) {
  auto const seen = how == reach::thorough ? look_thoroughly() : look();
  if (!seen) return std::unexpected(seen.error());
  std::vector<pid_t> pids;
  pids.reserve(seen->size());
  for (auto const& one : *seen) pids.push_back(one.pid);
  return pids;
}

result<std::vector<system::process_stat>> run_group::look_thoroughly() {
  auto found = look();
  if (!found) return found;
  auto const all = system::all_processes();
  if (!all) return std::unexpected(all.error());
  for (auto const& seen : living(*all)) {
    auto const same = [&](auto const& other) { return other.pid == seen.pid; };
    if (std::ranges::none_of(*found, same) && bears_token(seen.pid)) found->push_back(seen);
  }
  return found;
}

result<void> run_group::signal_all(std::vector<system::process_stat> const& whom, int number) const {
  result<void> outcome;
  for (auto const& one : whom) {
    // Opened, then looked at again, then signalled; by its number where the kernel has no pidfd.
    auto const held = system::open_pidfd(one.pid);
    auto const seen = system::stat_of(one.pid);
    if (!seen || seen->start_ticks != one.start_ticks || !contains(one.pid)) continue;
    if (!held) {
      ::kill(one.pid, number);
      continue;
    }
    if (auto const sent = system::signal_pidfd(held.get(), number); !sent)
      outcome = std::unexpected(sent.error());
  }
  return outcome;
}

result<void> run_group::signal(int number) {
  auto const whom = look();
  if (!whom) return std::unexpected(whom.error());
  return signal_all(*whom, number);
}

result<kill_outcome> run_group::kill(reach how) {
  auto const outcome = kill_group();
  if (!outcome || how == reach::group || *outcome == kill_outcome::some_left) return outcome;
  short_while const limit;
  for (;;) {
    auto const escaped = look_thoroughly();
    if (!escaped) return std::unexpected(escaped.error());
    if (escaped->empty()) return kill_outcome::emptied;
    if (auto done = signal_all(*escaped, SIGKILL); !done) return std::unexpected(done.error());
    if (!limit.wait()) return kill_outcome::some_left;
  }
}

result<void> run_group::remove() {
  auto const left = members();
  if (!left) return std::unexpected(left.error());
  if (!left->empty())
    return fail(error_code::stop_incomplete,
                fmt::format("the run still has processes: {}", fmt::join(*left, ", ")));
  if (auto done = remove_group(); !done) return done;
  return limits_.remove();
}

result<limit_report> run_group::limit(run_limits const& wanted) {
  wanted_ = wanted;
  auto report = hold_limits();
  if (!report) return report;
  if (auto done = gather(); !done) return std::unexpected(done.error());
  return report;
}

run_usage run_group::usage() {
  auto used = limits_.usage();
  if (used.pids) return used;
  if (auto const whom = members()) used.pids = whom->size();
  return used;
}

containment::containment(limit_places places)
    : places_(std::move(places)),
      shared_(std::make_unique<shared_limits>(places_)),
      live_(std::make_unique<std::vector<run_group*>>()) {}

result<containment> containment::open(containment_options options) {
  if (auto named = check_name(options.instance); !named) return std::unexpected(named.error());
  auto places = places_of_limits(options);
  if (!places) return std::unexpected(places.error());
  containment made(std::move(*places));
  made.instance_ = options.instance;
  if (options.forced) {
    if (auto done = made.try_kind(*options.forced, options); !done)
      return fail(error_code::feature_missing,
                  fmt::format("{} was asked for: {}", text(*options.forced), done.error().message));
    made.explanation_ += ", as asked";
    return made;
  }
  std::string refused;
  for (auto const kind : {containment_kind::cgroup2, containment_kind::cgroup1, containment_kind::scan}) {
    auto const done = made.try_kind(kind, options);
    if (done) break;
    refused += fmt::format("; no {}: {}", text(kind), done.error().message);
  }
  made.explanation_ += refused;
  return made;
}

result<void> containment::try_kind(containment_kind kind, containment_options const& options) {
  if (kind != containment_kind::scan) {
    auto const hierarchy = system::find_hierarchy(controller_of(kind));
    if (!hierarchy) return std::unexpected(hierarchy.error());
    auto const own = hierarchy->directory_of(hierarchy->own_path);
    if (!own)
      return fail(error_code::feature_missing,
                  fmt::format("our cgroup {} is not below {}", hierarchy->own_path, hierarchy->mount.point));
    auto const path = instance_directory(*hierarchy, *own, options);
    if (auto done = note(options, named_directory(path)); !done) return done;
    auto made = make_directory(path);
    if (!made) return std::unexpected(made.error());
    if (auto const type = made->read("cgroup.type"); type && !type->starts_with("domain\n"))
      return fail(error_code::feature_missing, fmt::format("{} is for threads only", made->path()));
    directory_ = made->path();
    if (kind == containment_kind::cgroup2) shared_->use_cgroup2(directory_, above_all_runs(directory_));
  }
  kind_ = kind;
  explanation_ =
      directory_.empty() ? std::string(text(kind)) : fmt::format("{} at {}", text(kind), directory_);
  return {};
}

result<std::unique_ptr<run_group>> containment::make_group(std::string_view run, std::string token) {
  if (auto named = check_name(run); !named) return std::unexpected(named.error());
  if (token.empty() || token.find('\0') != std::string::npos)
    return fail(error_code::value_out_of_range, "a run needs a token");
  limit_keeper limits(places_, run_folder(run));
  if (kind_ == containment_kind::scan)
    return std::make_unique<scan_group>(std::move(token), std::move(limits));
  auto const hierarchy = system::find_hierarchy(controller_of(kind_));
  if (!hierarchy) return std::unexpected(hierarchy.error());
  // Somebody may have cleared away what was empty.
  if (auto above = make_directory(directory_); !above) return std::unexpected(above.error());
  auto made = system::cgroup_directory::make(directory_ + "/" + run_folder(run));
  if (!made) return std::unexpected(made.error());
  auto path = hierarchy->path_of(made->path());
  if (kind_ == containment_kind::cgroup2) {
    auto above = above_all_runs(directory_);
    above.push_back(directory_);
    limits.use_cgroup2(made->path(), std::move(above));
    return std::make_unique<cgroup2_group>(std::move(token), std::move(limits), std::move(*made),
                                           std::move(path), cgroup2_group::kill_by::file);
  }
  auto procs = system::open_at(made->get(), "cgroup.procs", O_WRONLY);
  if (!procs) return std::unexpected(procs.error());
  return std::make_unique<cgroup1_group>(std::move(token), std::move(limits), std::move(*made),
                                         std::move(path), std::move(*procs));
}

result<std::unique_ptr<run_group>> containment::prepare(std::string_view run, std::string token,
                                                        run_limits const& limits) {
  auto made = make_group(run, std::move(token));
  if (!made) return made;
  auto const there = (*made)->members();
  if (!there) return std::unexpected(there.error());
  if (!there->empty())
    return fail(
        error_code::foreign_resource,
        fmt::format("there are processes in the place of the new run {}: {}", run, fmt::join(*there, ", ")));
  (*made)->begins();
  limit_all_again();
  (*made)->live_ = live_.get();
  live_->push_back(made->get());
  auto shared = (*made)->share(*shared_);
  auto limited = shared ? (*made)->limit(limits) : std::unexpected(shared.error());
  if (!limited) {
    static_cast<void>((*made)->remove());
    return std::unexpected(limited.error());
  }
  return made;
}

result<std::unique_ptr<run_group>> containment::find(std::string_view run, std::string token) {
  auto made = make_group(run, std::move(token));
  if (!made) return made;
  (*made)->limits_.find_former();
  (*made)->live_ = live_.get();
  live_->push_back(made->get());
  if (auto const shared = (*made)->share(*shared_); !shared) shared_->weaken(shared.error().message);
  return made;
}

// A part may never be allowed more of the processors than the whole, not even between the two.
void containment::limit_all(run_limits const& wanted) {
  auto const before = shared_->wanted().cpu_cores;
  auto lower = wanted;
  if (before) lower.cpu_cores = std::min(*before, wanted.cpu_cores.value_or(*before));
  for (auto* run : *live_) {
    run->cpu_cores_most_ = lower.cpu_cores;
    if (run->wanted_.cpu_cores) static_cast<void>(run->hold_limits());
  }
  shared_->apply(wanted);
  bring_below();
}

void containment::limit_all_again() {
  if (!shared_->should_be_tried_again()) return;
  shared_->apply(shared_->wanted());
  bring_below();
}

void containment::bring_below() {
  for (auto* run : *live_)
    if (auto const done = run->share(*shared_); !done) shared_->weaken(done.error().message);
}

result<void> containment::remove() const {
  if (auto done = shared_->remove(); !done) return done;
  if (directory_.empty()) return {};
  auto const open = system::cgroup_directory::open(directory_);
  if (!open && open.error().code != error_code::file_unknown) return std::unexpected(open.error());
  if (open)
    if (auto done = open->remove(); !done) return done;
  // With the keeper in it, it stays until that has left.
  if (is_runs_folder(directory_)) ::rmdir(parent_of(directory_).c_str());
  return {};
}

}  // namespace ostler::keeper
