#include "answers/updates.hpp"

#include <fmt/format.h>
#include <utility>

#include "answers/asked.hpp"

namespace ostler::answers {
namespace {

// What it waits for is a fact of its own; all else is what it was made of.
bool changes_spec(operations::instance_change const& asked) {
  return asked.services || asked.env || asked.keep_on_error || asked.settings;
}

}  // namespace

task<result<operations::instance>> update_instance(answer_needs const* needs,
                                                   operations::instance_change asked, control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  auto const id = (*it)->id;
  if (changes_spec(asked))
    co_return fail(error_code::feature_missing,
                   fmt::format("what {} was made of stays as it is; make another one, or delete it first",
                               (*it)->spec.name));
  if (!asked.attention && !asked.attention_text.empty())
    co_return fail(error_code::usage, "attention_text says nothing without attention");
  if (asked.attention) {
    lifecycle::attention_set said{.kind = static_cast<lifecycle::attention_kind>(*asked.attention),
                                  .text = asked.attention_text};
    lifecycle::for_instance given{.id = id, .what = std::move(said)};
    if (auto const kept = co_await needs->middle->ask(std::move(given)); !kept)
      co_return std::unexpected(kept.error());
  }
  auto const* now = needs->middle->find(id);
  if (now == nullptr) co_return fail(error_code::instance_unknown, "the instance was deleted meanwhile");
  co_return told_now(needs, *now);
}

}  // namespace ostler::answers
