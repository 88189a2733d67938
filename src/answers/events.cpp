#include <utility>

#include "answers/asked.hpp"
#include "answers/event_history.hpp"
#include "answers/groups.hpp"
#include "operations/log_operations.hpp"

namespace ostler::answers {
namespace {

// Also of one that is deleted, by its id: what happened to it stays.
result<std::optional<instance_id>> whose(answer_needs const* needs, std::string const& named,
                                         control::caller const& who) {
  if (named.empty())
    return who.scope == control::token_scope::one_instance ? std::optional(who.instance) : std::nullopt;
  if (auto const id = instance_id::parse(named); id && who.sees(*id)) return *id;
  auto const it = find_instance(needs, named, who);
  if (!it) return std::unexpected(it.error());
  return (*it)->id;
}

task<result<operations::event_list>> list(answer_needs const* needs, operations::event_query asked,
                                          control::caller who) {
  auto const instance = whose(needs, asked.instance, who);
  if (!instance) co_return std::unexpected(instance.error());
  history_question question{.instance = *instance,
                            .types = std::move(asked.type),
                            .after = asked.after,
                            .since = {},
                            .limit = asked.limit,
                            .last = needs->middle->kept_seq()};
  if (asked.since) question.since = asked.since.against(told_now(needs).wall);
  auto* const journal = &needs->middle->journal();
  auto read = [journal, question = std::move(question)](std::stop_token const& stop) {
    return read_history(*journal, question, stop);
  };
  co_return co_await needs->workers->run(std::move(read));
}

}  // namespace

void bind_events(control::bindings& into, answer_needs const& needs) {
  into.bind<operations::events_list>([all = &needs](auto asked, auto who) { return list(all, asked, who); });
}

}  // namespace ostler::answers
