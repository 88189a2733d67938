#include "answers/removal.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/commands.hpp"
#include "supervisor/instance_plan.hpp"
#include "wire/json.hpp"

namespace ostler::answers {
namespace {

constexpr milliseconds look_limit{60s};
constexpr std::string_view end_mark = "end";
constexpr std::size_t shown_max = 20;

// How a workspace came to be, of all that a provider's settings may say.
struct workspace_choice {
  std::string mode = "in_place";
};
BOOST_DESCRIBE_STRUCT(workspace_choice, (), (mode))

// $1: copy or empty; $2: the project. Of a checkout: changes that are not committed and not in the project
// as they stand, and branches whose commits are elsewhere neither. Of anything else: files that differ.
constexpr std::string_view look = R"sh(
mode=$1 project=$2
top=$(git rev-parse --show-toplevel 2>/dev/null)
if [ -n "$top" ] && [ "$top" = "$(pwd -P)" ]; then
  changes=$(git status --porcelain --no-renames -uall) || echo 'git cannot say what has changed'
  printf '%s\n' "$changes" | while IFS= read -r line; do
    [ -n "$line" ] || continue
    path=${line#???}
    if [ "$mode" = copy ]; then
      cmp -s -- "$path" "$project/$path" && continue
      [ ! -e "$path" ] && [ ! -e "$project/$path" ] && continue
    fi
    printf 'not committed: %s\n' "$path"
  done
  {
    git for-each-ref --format='%(objectname) %(refname:short)' refs/heads refs/stash
    printf '%s HEAD\n' "$(git rev-parse --verify -q HEAD)"
  } | while IFS=' ' read -r commit branch; do
    [ -n "$branch" ] || continue
    if [ "$mode" = copy ]; then
      git -C "$project" cat-file -e "$commit^{commit}" 2>/dev/null && continue
    else
      [ -z "$(git rev-list -n 1 "$commit" --not --remotes)" ] && continue
    fi
    printf 'commits of %s\n' "$branch"
  done
elif [ "$mode" = copy ]; then
  found=$(diff -rq --no-dereference -- "$project" .)
  [ $? -le 1 ] || echo 'the files cannot be compared'
  printf '%s\n' "$found" | while IFS= read -r line; do
    case $line in '' | "Only in $project"*) continue ;; esac
    printf '%s\n' "$line"
  done
else
  find . -mindepth 1 ! -type d || echo 'the files cannot be listed'
fi
echo end
)sh";

bool has_workspace(lifecycle::instance const& it) {
  return std::ranges::any_of(it.resources, [](lifecycle::resource const& entry) {
    return entry.held && entry.wish.label == "workspace";
  });
}

error lost(std::string message, std::string name, std::string detail = {}) {
  return {error_code::work_would_be_lost,
          std::move(message),
          std::move(detail),
          {fmt::format("ostler exec {} -- git status", name), fmt::format("ostler down {} --force", name)}};
}

task<result<void>> check_work(answer_needs const* needs, lifecycle::instance it) {
  if (!has_workspace(it)) co_return result<void>{};
  auto const name = it.spec.name;
  auto const plan = supervisor::read_plan(it.spec.settings);
  auto const settings = plan && !plan->settings.empty() ? wire::from_json<workspace_choice>(plan->settings)
                                                        : result<workspace_choice>(workspace_choice{});
  if (!plan || !settings)
    co_return std::unexpected(lost(fmt::format("nobody can say what is in the workspace of {}: its "
                                               "settings cannot be read",
                                               name),
                                   name));
  if (settings->mode == "in_place") co_return result<void>{};
  auto const keeper = needs->middle->keeper_of(it.id);
  if (!keeper)
    co_return std::unexpected(lost(
        fmt::format("{} has a workspace of its own, and nobody can look into it while it does not run", name),
        name));
  command_in what{.command = {"/bin/sh", "-c", std::string(look), "look", settings->mode, it.spec.project},
                  .limit = look_limit,
                  .label = "work that is only here"};
  auto const seen = co_await run_in(keeper, std::move(what));
  if (!seen)
    co_return std::unexpected(lost(
        fmt::format("nobody could look into the workspace of {}: {}", name, seen.error().message), name));
  co_return judge_look(name, seen->out);
}  // namespace

}  // namespace

result<void> judge_look(std::string const& instance, std::string const& printed) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < printed.size();) {
    auto const end = std::min(printed.find('\n', at), printed.size());
    lines.push_back(printed.substr(at, end - at));
    at = end + 1;
  }
  bool const whole = !lines.empty() && lines.back() == end_mark;
  if (!whole)
    return std::unexpected(
        lost(fmt::format("the look into the workspace of {} did not come to its end", instance), instance,
             printed));
  lines.pop_back();
  if (lines.empty()) return {};
  auto const count = lines.size();
  lines.resize(std::min(count, shown_max));
  if (count > shown_max) lines.push_back(fmt::format("and {} more", count - shown_max));
  return std::unexpected(lost(fmt::format("{} holds work that exists nowhere else: {}{}", instance,
                                          lines.front(), count > 1 ? ", …" : ""),
                              instance, fmt::format("{}", fmt::join(lines, "\n"))));
}

task<result<operations::instance>> delete_instance(answer_needs const* needs,
                                                   operations::instance_removal asked, control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto last = **it;
  if (!asked.confirm.empty() && asked.confirm != last.spec.name)
    co_return fail(error_code::usage, fmt::format("{} is to be confirmed, but the instance is called {}",
                                                  asked.confirm, last.spec.name));
  if (asked.delete_branch)
    co_return fail(error_code::feature_missing,
                   fmt::format("no branch was made for {}, so none can be deleted", last.spec.name));
  if (!asked.force)
    if (auto const safe = co_await check_work(needs, last); !safe) co_return std::unexpected(safe.error());
  lifecycle::for_instance given{.id = last.id,
                                .what = lifecycle::delete_asked{.actor = who.actor, .force = asked.force}};
  if (auto const kept = co_await needs->middle->ask(std::move(given)); !kept)
    co_return std::unexpected(kept.error());
  co_await wait_until(needs, last.id, asked.wait, [&last](lifecycle::instance const* now) {
    if (now != nullptr) last = *now;
    return now == nullptr || now->now == lifecycle::phase::delete_failed;
  });
  if (auto const* now = needs->middle->find(last.id); now != nullptr) co_return told_now(needs, *now);
  co_return told_deleted(std::move(last), told_now(needs));
}

}  // namespace ostler::answers
