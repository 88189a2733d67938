#include <utility>

#include "answers/groups.hpp"
#include "answers/log_follower.hpp"

namespace ostler::answers {
namespace {

struct log_asked {
  instance_id id;
  keeper_ptr keeper;
  std::vector<log_source> sources;
};

result<log_asked> find_logs(answer_needs const* needs, operations::log_query const& asked,
                            control::caller const& who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) return std::unexpected(it.error());
  auto sources = sources_of(**it, asked);
  if (!sources) return std::unexpected(std::move(sources.error()));
  auto keeper = keeper_of(needs, **it);
  if (!keeper) return std::unexpected(std::move(keeper.error()));
  return log_asked{.id = (*it)->id, .keeper = std::move(*keeper), .sources = std::move(*sources)};
}

task<result<operations::log_page>> page(answer_needs const* needs, operations::log_query asked,
                                        control::caller who) {
  auto const found = find_logs(needs, asked, who);
  if (!found) co_return std::unexpected(found.error());
  auto read = co_await read_page(found->keeper, found->sources, asked, told_now(needs).wall);
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return std::move(read->page);
}

task<result<std::unique_ptr<control::byte_source>>> lines(answer_needs const* needs,
                                                          operations::log_query asked, control::caller who) {
  auto const found = find_logs(needs, asked, who);
  if (!found) co_return std::unexpected(found.error());
  auto const now = told_now(needs).wall;
  auto read = co_await read_page(found->keeper, found->sources, asked, now);
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return follow_logs(needs, found->id, std::move(*read), found->sources, question_of(asked, now));
}

}  // namespace

void bind_logs(control::bindings& into, answer_needs const& needs) {
  into.bind<operations::logs_read>(
      [needs = &needs](auto asked, auto who) { return page(needs, asked, who); },
      [needs = &needs](auto asked, auto who) { return lines(needs, asked, who); });
}

}  // namespace ostler::answers
