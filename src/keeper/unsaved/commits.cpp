#include "keeper/unsaved/commits.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string_view>
#include <utility>

#include "keeper/unsaved/git_words.hpp"
#include "keeper/unsaved/standing.hpp"

namespace ostler::keeper {
namespace {

constexpr std::string_view stash = "refs/stash";

// Those that no branch has named already.
void add_unnamed(std::vector<named_object>& all, std::string_view told, std::string const& name) {
  for (auto const& line : read_lines(told))
    if (std::ranges::find(all, line.word, &named_object::id) == all.end())
      all.push_back({.id = line.word, .name = name});
}

std::string short_name(std::string_view reference) {
  for (std::string_view const prefix : {"refs/heads/", "refs/"})
    if (reference.starts_with(prefix)) return std::string(reference.substr(prefix.size()));
  return std::string(reference);
}

result<std::vector<named_object>> commits_of(quiet_git const& git, bool with_tags) {
  std::vector<std::string> words{"for-each-ref", "--format=%(objectname) %(refname)", "refs/heads",
                                 std::string(stash)};
  if (with_tags) words.emplace_back("refs/tags");
  auto const told = git.ask(std::move(words));
  if (!told) return std::unexpected(told.error());
  std::vector<named_object> all;
  bool stashed = false;
  for (auto const& [id, reference] : read_lines(*told)) {
    stashed |= reference == stash;
    all.push_back({.id = id, .name = fmt::format("commits of {}", plain_or_shown(short_name(reference)))});
  }
  // The older ones stand in its log only.
  if (stashed) {
    auto const older = git.ask({"rev-list", "--walk-reflogs", std::string(stash)});
    if (!older) return std::unexpected(older.error());
    add_unnamed(all, *older, "commits of stash");
  }
  // There is none before the first commit.
  auto const head = git.run({"rev-parse", "--verify", "--quiet", "HEAD"});
  if (!head) return std::unexpected(head.error());
  if (head->code == 0) add_unnamed(all, head->out, "commits of HEAD");
  return all;
}

result<std::set<std::string>> missing_in(quiet_git const& base, std::vector<named_object> const& all) {
  std::string asked;
  for (auto const& each : all) asked += each.id + "\n";
  auto const told = base.ask({"cat-file", "--batch-check"}, asked);
  if (!told) return std::unexpected(told.error());
  std::set<std::string> missing;
  for (auto const& line : read_lines(*told))
    if (line.rest == "missing") missing.insert(line.word);
  return missing;
}

// What git cannot follow is nowhere that we know of.
result<bool> on_a_remote(quiet_git const& git, std::string const& commit) {
  auto const beyond = git.run({"rev-list", "--max-count=1", commit, "--not", "--remotes"});
  if (!beyond) return std::unexpected(beyond.error());
  return beyond->code == 0 && beyond->out.empty();
}

}  // namespace

result<std::vector<std::string>> find_lost(quiet_git const& git, quiet_git const* base,
                                           std::vector<named_object> more) {
  auto commits = commits_of(git, base != nullptr);
  if (!commits) return std::unexpected(commits.error());
  if (base != nullptr) {
    for (auto* each : {&*commits, &more}) {
      auto const missing = missing_in(*base, *each);
      if (!missing) return std::unexpected(missing.error());
      std::erase_if(*each, [&](auto const& one) { return !missing->contains(one.id); });
    }
  }
  std::vector<std::string> lost;
  std::set<std::string> told;
  for (auto const& [id, name] : *commits) {
    auto const safe = on_a_remote(git, id);
    if (!safe) return std::unexpected(safe.error());
    if (!*safe && told.insert(name).second) lost.push_back(name);
  }
  for (auto const& each : more) lost.push_back(each.name);
  return lost;
}

}  // namespace ostler::keeper
