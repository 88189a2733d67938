// Agents, asked for and talked to as a door does it.
#include "answers/agents.hpp"

#include <deque>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operations/routes.hpp"
#include "system/clock.hpp"
#include "system/moment.hpp"
#include "tests/daemon/joined.hpp"
#include "tests/daemon/played_socket.hpp"

namespace ostler::test {
namespace {

using namespace operations;

class agents_answered : public testing::Test {
 protected:
  agents_answered()
      : links_(
            all_.needs().where, system::this_moment, [](std::string_view, std::exception_ptr const&) {},
            agents::roster_rules{.link = lifecycle::link_rules_of({})}) {
    answers::bind_agents(bindings_, all_.needs(), links_);
  }
  ~agents_answered() override { all_.run_all(links_.close(milliseconds(10))); }

  template <class Operation>
  result<control::answer> answer_to(typename Operation::request const& request,
                                    control::caller who = joined::anybody()) {
    auto const line = write_request<Operation>(request);
    auto const mark = line.target.find('?');
    auto const way = all_routes().find(name(line.method), std::string_view(line.target).substr(0, mark));
    if (!way) return std::unexpected(way.error());
    auto work = (*bindings_.find(entry_of<Operation>))(
        {.path = way->fields(),
         .query =
             mark == std::string::npos ? std::string_view() : std::string_view(line.target).substr(mark + 1),
         .body = line.body},
        nullptr, std::move(who));
    if (!work) return std::unexpected(work.error());
    return all_.run(std::move(*work));
  }
  template <class Operation>
  result<typename Operation::answer> ask(typename Operation::request const& request,
                                         control::caller who = joined::anybody()) {
    auto const said = answer_to<Operation>(request, std::move(who));
    if (!said) return std::unexpected(said.error());
    return wire::from_json<typename Operation::answer>(std::get<control::json_answer>(*said).text);
  }
  // Begins it; it ends when the client leaves.
  template <class Operation>
  void begin(typename Operation::request const& request, played_socket& socket,
             control::caller who = joined::anybody()) {
    auto said = answer_to<Operation>(request, std::move(who));
    ASSERT_TRUE(said) << said.error().message;
    talks_.push_back(std::get<control::conversation>(std::move(*said)));
    ++running_;
    ASSERT_TRUE(all_.middle().tasks().spawn(
        "a conversation", [this, &talk = talks_.back(), &socket] { return run(talk(&socket)); }));
  }
  // Once all clients have left.
  void finish() { all_.run_all(until_ended()); }

  joined all_;
  agents::links links_;
  control::bindings bindings_;

 private:
  async::task<void> run(async::task<void> talk) {
    co_await std::move(talk);
    --running_;
    ended_.ring();
  }
  async::task<void> until_ended() {
    while (running_ > 0) co_await ended_.heard();
  }

  std::deque<control::conversation> talks_;
  std::size_t running_ = 0;
  async::bell ended_{all_.needs().where};
};

TEST_F(agents_answered, register_take_work_and_are_listened_to) {
  auto const web = all_.up("web", {});
  auto inside = joined::anybody();
  inside.scope = control::token_scope::one_instance;
  inside.instance = web.id;
  auto& listener = all_.socket();
  begin<agents_subscribe>({}, listener);
  auto& agent = all_.socket();
  begin<agents_connect>({}, agent, inside);
  agent.say(message_kind::text, R"({"type":"register","name":"worker"})");
  all_.run_all(agent.hear(message_kind::text, R"("type":"registered")"));
  auto const list = ask<agents_list>({.instance = "web"});
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->agents.size(), 1U);
  EXPECT_EQ(list->agents.front().instance, "web");
  EXPECT_TRUE(ask<agents_is_healthy>({"worker"})->healthy);
  EXPECT_EQ(ask<agents_count>({})->count, 1U);
  auto const given = ask<agents_start>({.instance = "web", .text = "do it"});
  ASSERT_TRUE(given) << given.error().message;
  all_.run_all(agent.hear(message_kind::text, "do it"));
  agent.say(message_kind::text,
            fmt::format(R"({{"type":"message","session":"{}","content":"done"}})", given->session));
  all_.run_all(listener.hear(message_kind::text, R"("content":"done")"));
  ASSERT_TRUE(ask<agents_stop>({"worker"}));
  EXPECT_TRUE(agent.closed());
  agent.leave();
  listener.leave();
  finish();
}

TEST_F(agents_answered, are_unknown_by_names_that_nobody_has) {
  EXPECT_EQ(ask<agents_get>({"worker"}).error().code, error_code::agent_unknown);
  EXPECT_EQ(ask<agents_start>({.instance = "web", .text = "x"}).error().code, error_code::instance_unknown);
  EXPECT_EQ(ask<agents_list>({.instance = "web"}).error().code, error_code::instance_unknown);
  EXPECT_EQ(answer_to<agents_subscribe>({.agent = "worker"}).error().code, error_code::agent_unknown);
  EXPECT_TRUE(ask<agents_list>({})->agents.empty());
  EXPECT_TRUE(ask<agents_health_check>({})->healthy);
}

}  // namespace
}  // namespace ostler::test
