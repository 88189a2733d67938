#include "answers/removal.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "answers/asked.hpp"

namespace ostler::answers {
namespace {

constexpr milliseconds look_limit{60s};
constexpr std::size_t shown_max = 20;

error lost(std::string const& name, std::string message, std::string detail) {
  return {error_code::work_would_be_lost,
          std::move(message),
          std::move(detail),
          {fmt::format("ostler diff {}", name), fmt::format("ostler down {} --force", name)}};
}

task<result<void>> check_work(answer_needs const* needs, instance_id id, std::string name) {
  auto const found = co_await needs->middle->find_work(id, look_limit);
  auto safe =
      found ? judge_look(name, *found)
            : result<void>(std::unexpected(lost(
                  name,
                  fmt::format("nobody could look into the workspace of {}: {}", name, found.error().message),
                  found.error().detail)));
  // Whoever wants to see it, or to bring it away, has to have it running.
  if (!safe && !needs->middle->keeper_of(id))
    safe.error().hints.front() = fmt::format("ostler start {}", name);
  co_return safe;
}

}  // namespace

result<void> judge_look(std::string const& instance, wire::work_found const& found) {
  if (found.count == 0) return {};
  auto lines = found.what;
  lines.resize(std::min(lines.size(), shown_max));
  auto const first = lines.empty() ? std::string("nobody says what") : lines.front();
  if (found.count > lines.size()) lines.push_back(fmt::format("and {} more", found.count - lines.size()));
  return std::unexpected(lost(instance,
                              fmt::format("{} holds work that exists nowhere else: {}{}", instance, first,
                                          found.count > 1 ? ", …" : ""),
                              fmt::format("{}", fmt::join(lines, "\n"))));
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
    if (auto const safe = co_await check_work(needs, last.id, last.spec.name); !safe)
      co_return std::unexpected(safe.error());
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
