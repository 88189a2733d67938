#include "keeper/unsaved/find_work.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <utility>

#include "base/name.hpp"
#include "keeper/unsaved/commits.hpp"
#include "keeper/unsaved/folders.hpp"
#include "keeper/unsaved/git_words.hpp"
#include "keeper/unsaved/quiet_git.hpp"
#include "keeper/unsaved/standing.hpp"
#include "system/content.hpp"
#include "system/directory_stream.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"

namespace ostler::keeper {
namespace {

using system::entry_kind;
using system::shown;

constexpr std::size_t told_max = 200;
constexpr std::size_t put_list_max = 256UL * 1024 * 1024;
// Each holds two descriptors while what is below it is looked at.
constexpr int depth_max = 200;
// Git goes on without it and says that nothing has changed there.
constexpr std::string_view unreadable_folder = "could not open directory";

result<std::vector<std::string>> names_in(int directory, std::string const& path) {
  auto again = system::open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!again) return std::unexpected(again.error());
  auto stream = system::directory_stream::open(std::move(*again), path);
  if (!stream) return std::unexpected(stream.error());
  std::vector<std::string> names;
  for (;;) {
    auto const item = stream->next();
    if (!item) return std::unexpected(item.error());
    if (!*item) break;
    names.emplace_back((*item)->name);
  }
  std::ranges::sort(names);
  return names;
}

// Nothing when it is no checkout that git knows.
result<std::optional<quiet_git>> git_in(system::fd const& directory) {
  if (!directory) return std::nullopt;
  auto const inside = system::kind_at(directory.get(), ".git");
  if (!inside) return std::unexpected(inside.error());
  if (*inside == entry_kind::absent) return std::nullopt;
  return quiet_git::open(directory.get());
}

result<std::vector<changed_file>> changes_of(quiet_git const& git) {
  auto const status = git.run(
      {"status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all"});
  if (!status) return std::unexpected(status.error());
  if (status->code != 0 || status->errors.find(unreadable_folder) != std::string::npos)
    return fail(error_code::system_failed,
                fmt::format("git cannot say what has changed: {}",
                            in_quotes(status->errors.substr(0, status->errors.find('\n')))));
  return read_status(status->out);
}

result<std::vector<index_entry>> index_of(quiet_git const& git) {
  auto const listed = git.ask({"ls-files", "--stage", "-v", "-z"});
  if (!listed) return std::unexpected(listed.error());
  return read_index(*listed);
}

class look {
 public:
  explicit look(file_judge files) : files_(std::move(files)) {}

  // A folder with all below it; `path` is where it is in the workspace.
  result<void> at_folder(folders const& at, std::string const& path, int depth);
  wire::work_found found() && { return std::move(found_); }

 private:
  result<void> at_entry(folders const& at, std::string const& path, std::string const& name, int depth);
  result<void> at_folder_below(folders const& at, std::string const& path, std::string const& below,
                               int depth);
  result<void> at_checkout(folders const& at, std::string const& path, quiet_git const& git, int depth);
  result<void> at_change(folders const& at, std::string const& path, changed_file const& changed, int depth);
  result<void> at_tracked(folders const& at, std::string const& path, index_entry const& entry, int depth);
  void tell(std::string line);

  file_judge files_;
  wire::work_found found_;
};

void look::tell(std::string line) {
  ++found_.count;
  if (found_.what.size() < told_max) found_.what.push_back(std::move(line));
}

// --- folders ---

result<void> look::at_folder(folders const& at, std::string const& path, int depth) {
  if (depth > depth_max)
    return fail(error_code::system_exhausted,
                fmt::format("{} lies too deep; {} folders are looked into", shown(path), depth_max));
  auto const git = git_in(at.place);
  if (!git) return std::unexpected(git.error());
  if (*git) return at_checkout(at, path, **git, depth);
  auto const names = names_in(at.place.get(), path);
  if (!names) return std::unexpected(names.error());
  for (auto const& name : *names)
    if (auto done = at_entry(at, path, name, depth); !done) return done;
  return {};
}

result<void> look::at_entry(folders const& at, std::string const& path, std::string const& name, int depth) {
  auto const kind = system::kind_at(at.place.get(), name);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == entry_kind::directory) return at_folder_below(at, path, name, depth);
  auto const whole = join_paths(path, name);
  auto const judged = files_.judge(at, whole, name);
  if (!judged) return std::unexpected(judged.error());
  if (*judged == standing::only_here) tell(fmt::format("new: {}", plain_or_shown(whole)));
  if (*judged == standing::differs) tell(fmt::format("differs: {}", plain_or_shown(whole)));
  return {};
}

result<void> look::at_folder_below(folders const& at, std::string const& path, std::string const& below,
                                   int depth) {
  auto const folder = descend(at, below);
  if (!folder) return std::unexpected(folder.error());
  // Taken away, or never there: a part of a checkout that was not fetched.
  if (!*folder) return {};
  return at_folder(**folder, join_paths(path, below), depth + 1);
}

// --- checkouts ---

result<void> look::at_checkout(folders const& at, std::string const& path, quiet_git const& git, int depth) {
  auto const changes = changes_of(git);
  if (!changes) return std::unexpected(changes.error());
  auto const index = index_of(git);
  if (!index) return std::unexpected(index.error());
  std::set<std::string_view> only_staged;
  for (auto const& each : *changes) {
    if (auto done = at_change(at, path, each, depth); !done) return done;
    if (each.only_staged()) only_staged.insert(each.path);
  }
  std::vector<named_object> objects;
  for (auto const& each : *index) {
    if (auto done = at_tracked(at, path, each, depth); !done) return done;
    if (only_staged.contains(each.path))
      objects.push_back({.id = each.object, .name = fmt::format("staged: {}", plain_or_shown(each.path))});
  }
  auto const base = git_in(at.project);
  if (!base) return std::unexpected(base.error());
  auto const lost = find_lost(git, *base ? &**base : nullptr, std::move(objects));
  if (!lost) return std::unexpected(lost.error());
  for (auto const& each : *lost)
    tell(path.empty() ? each : fmt::format("{} in {}", each, plain_or_shown(path)));
  return {};
}

result<void> look::at_change(folders const& at, std::string const& path, changed_file const& changed,
                             int depth) {
  if (changed.closed_folder())
    return at_folder_below(at, path, changed.path.substr(0, changed.path.size() - 1), depth);
  auto const judged = files_.judge_below(at, path, changed.path);
  if (!judged) return std::unexpected(judged.error());
  if (*judged != standing::kept)
    tell(fmt::format("not committed: {}", plain_or_shown(join_paths(path, changed.path))));
  return {};
}

// What git says nothing of when it is asked what has changed.
result<void> look::at_tracked(folders const& at, std::string const& path, index_entry const& entry,
                              int depth) {
  if (entry.is_checkout) return at_folder_below(at, path, entry.path, depth);
  if (!entry.not_looked_at) return {};
  auto const judged = files_.judge_below(at, path, entry.path);
  if (!judged) return std::unexpected(judged.error());
  if (*judged == standing::only_here || *judged == standing::differs)
    tell(fmt::format("hidden from git: {}", plain_or_shown(join_paths(path, entry.path))));
  return {};
}

result<wire::put_list> put_list_of(std::string const& path) {
  if (path.empty()) return wire::put_list{};
  auto const text = system::read_file_at(AT_FDCWD, path, put_list_max);
  if (text) return wire::read_put_list(*text);
  // One that was made before such lists were.
  if (text.error().code == error_code::file_unknown) return wire::put_list{};
  return std::unexpected(text.error());
}

}  // namespace

result<wire::work_found> find_work(wire::work_order const& order) {
  auto put = put_list_of(order.put);
  if (!put) return std::unexpected(put.error());
  auto const tops = open_tops(order.workspace, order.project);
  if (!tops) return std::unexpected(tops.error());
  look all(file_judge(!order.project.empty(), std::move(*put)));
  if (auto done = all.at_folder(*tops, "", 0); !done) return std::unexpected(done.error());
  return std::move(all).found();
}

}  // namespace ostler::keeper
