#include "answers/agents.hpp"

#include <utility>

#include "answers/asked.hpp"
#include "operations/agent_operations.hpp"
#include "operations/event_values.hpp"
#include "wire/json.hpp"

namespace ostler::answers {
namespace {

using control::close_code;
using control::message_kind;
using control::peer_socket;

// Of what waits for one listener; whoever lets more wait is too slow.
constexpr std::size_t messages_max = 512;
constexpr std::size_t bytes_max = 2UL * 1024 * 1024;

agents::viewer viewer_of(control::caller const& who) {
  if (who.scope == control::token_scope::one_instance) return {.only = who.instance};
  return {};
}

// The texts of a WebSocket.
class agent_socket final : public agents::text_socket {
 public:
  explicit agent_socket(peer_socket* with) : with_(with) {}

  task<result<std::optional<std::string>>> receive() override {
    auto got = co_await with_->receive();
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (!*got) co_return std::optional<std::string>();
    if ((*got)->kind == message_kind::text) co_return std::move((*got)->data);
    with_->close(close_code::unsupported, "an agent speaks in texts");
    co_return fail(error_code::message_malformed, "an agent sent bytes instead of a text");
  }
  bool send(std::string_view text) override {
    return with_->push(control::shared_message(text)) == control::push_outcome::taken;
  }
  void close(agents::parting how, std::string_view why) override {
    with_->close(agents::close_code(how), why);
  }

 private:
  peer_socket* with_;
};

task<void> serve(agents::links* all, agents::owner who, peer_socket* with) {
  agent_socket socket(with);
  co_await all->serve(&socket, std::move(who));
}

task<result<control::conversation>> connect(answer_needs const* needs, agents::links* all,
                                            control::caller who) {
  agents::owner as{.actor = who.actor, .in = {}};
  if (who.scope == control::token_scope::one_instance) {
    auto const* it = needs->middle->find(who.instance);
    if (it == nullptr) co_return fail(error_code::instance_unknown, "the instance of this token is gone");
    as.in = {.id = it->id, .name = it->spec.name};
  }
  co_return control::conversation([all, as](peer_socket* with) { return serve(all, as, with); });
}

// --- listening ---

class watching {
 public:
  watching(agents::links* all, agents::watcher_number which) : all_(all), which_(which) {}
  watching(watching const&) = delete;
  watching& operator=(watching const&) = delete;
  ~watching() { all_->unwatch(which_); }

 private:
  agents::links* all_;
  agents::watcher_number which_;
};

bool give(peer_socket* to, std::string_view json) {
  bool const slow = to->waiting_messages() >= messages_max || to->waiting_bytes() >= bytes_max;
  if (!slow && to->push(control::shared_message(json)) == control::push_outcome::taken) return true;
  to->push(control::shared_message(wire::to_json(operations::lagged{})));
  to->close(close_code::try_again, "too slow");
  return false;
}

task<void> watch(agents::links* all, agents::viewer who, operations::agent_subscription wanted,
                 peer_socket* with) {
  auto const begun =
      all->watch(who, std::move(wanted), [with](std::string_view json) { return give(with, json); });
  if (!begun) {
    // It has gone since the subscription was granted.
    with->close(close_code::policy, begun.error().message);
    co_return;
  }
  watching const until_the_end(all, *begun);
  // What a listener says means nothing; that it leaves does.
  for (;;) {
    auto const got = co_await with->receive();
    if (!got || !*got) co_return;
  }
}

task<result<control::conversation>> subscribe(agents::links* all, operations::agent_subscription asked,
                                              control::caller who) {
  auto const sees = viewer_of(who);
  if (auto const fine = all->roster().check(sees, asked); !fine) co_return std::unexpected(fine.error());
  co_return control::conversation(
      [all, sees, asked](peer_socket* with) { return watch(all, sees, asked, with); });
}

// --- questions ---

template <class T> task<result<T>> now(result<T> said) { co_return said; }

task<result<operations::agent_list>> list(answer_needs const* needs, agents::links* all,
                                          operations::agent_filter asked, control::caller who) {
  if (!asked.instance.empty()) {
    auto const it = find_instance(needs, asked.instance, who);
    if (!it) co_return std::unexpected(it.error());
    asked.instance = (*it)->id.text();
  }
  co_return all->roster().list(viewer_of(who), asked);
}

task<result<operations::task>> start(answer_needs const* needs, agents::links* all,
                                     operations::agent_work asked, control::caller who) {
  auto const it = find_instance(needs, asked.instance, who);
  if (!it) co_return std::unexpected(it.error());
  // Names may be given anew while it waits.
  asked.instance = (*it)->id.text();
  co_return co_await all->start(viewer_of(who), std::move(asked));
}

}  // namespace

void bind_agents(control::bindings& into, answer_needs const& needs, agents::links& all) {
  using namespace operations;
  auto const* desk = &needs;
  auto* const links = &all;
  auto* const roster = &all.roster();
  into.bind<agents_connect>([=](auto, auto who) { return connect(desk, links, who); });
  into.bind<agents_subscribe>([=](auto asked, auto who) { return subscribe(links, asked, who); });
  into.bind<agents_list>([=](auto asked, auto who) { return list(desk, links, asked, who); });
  into.bind<agents_start>([=](auto asked, auto who) { return start(desk, links, asked, who); });
  into.bind<agents_get>([=](auto asked, auto who) { return now(roster->get(viewer_of(who), asked.agent)); });
  into.bind<agents_status>(
      [=](auto asked, auto who) { return now(roster->status(viewer_of(who), asked.agent)); });
  into.bind<agents_is_healthy>(
      [=](auto asked, auto who) { return now(roster->is_healthy(viewer_of(who), asked.agent)); });
  into.bind<agents_count>(
      [=](auto, auto who) { return now(result<agent_count>(roster->count(viewer_of(who)))); });
  into.bind<agents_health_check>(
      [=](auto, auto who) { return now(result<agent_health>(roster->health_check(viewer_of(who)))); });
  into.bind<agents_stop>(
      [=](auto asked, auto who) { return now(roster->stop(viewer_of(who), asked.agent)); });
  into.bind<agents_stop_all>(
      [=](auto, auto who) { return now(result<agent_list>(roster->stop_all(viewer_of(who)))); });
  into.bind<agents_heartbeat>(
      [=](auto asked, auto who) { return now(roster->heartbeat(viewer_of(who), asked.agent)); });
  into.bind<agents_report_error>(
      [=](auto asked, auto who) { return now(roster->report_error(viewer_of(who), asked)); });
}

}  // namespace ostler::answers
