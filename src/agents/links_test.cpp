#include "agents/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "async/mailbox.hpp"
#include "async/test/loop.hpp"

namespace ostler::agents {
namespace {

using operations::agent_state;
using testing::ElementsAre;
using testing::HasSubstr;

// What both ends of a false connection hold. shared_ptr, because either end may go first.
struct wire_between {
  explicit wire_between(async::home const& where)
      : to_us(where, 100, async::when_full::refuse), to_agent(where, 100, async::when_full::refuse) {}
  async::mailbox<std::string> to_us;
  async::mailbox<std::string> to_agent;
};

class false_socket : public text_socket {
 public:
  explicit false_socket(std::shared_ptr<wire_between> between) : between_(std::move(between)) {}
  ~false_socket() override { close(parting::lost, ""); }

  async::task<result<std::optional<std::string>>> receive() override {
    auto taking = between_->to_us.take();
    co_return co_await std::move(taking);
  }
  bool send(std::string_view text) override {
    return between_->to_agent.put(std::string(text)) == async::put_outcome::taken;
  }
  void close(parting, std::string_view) override {
    between_->to_us.close();
    between_->to_agent.close();
  }

 private:
  std::shared_ptr<wire_between> between_;
};

using wires_made = std::vector<std::shared_ptr<wire_between>>;

// An agent server that registers at once; the second attempt to reach it fails.
async::task<result<std::unique_ptr<text_socket>>> reach(async::home where, wires_made* wires) {
  wires->push_back(std::make_shared<wire_between>(where));
  if (wires->size() == 2) co_return fail(error_code::link_failed, "refused");
  wires->back()->to_us.put(R"({"type":"registered"})");
  co_return std::make_unique<false_socket>(wires->back());
}

async::task<void> work_for(links* all, operations::agent_work work,
                           std::optional<result<operations::task>>* done) {
  auto working = all->start({}, std::move(work));
  *done = co_await std::move(working);
}

struct agent_links : testing::Test {
  // Real time, with numbers that a test can wait for.
  static roster_rules quick() {
    roster_rules out;
    out.link.heartbeat = {.interval = 20ms, .timeout = 60s};
    out.link.reconnect = {.first = 1ms, .cap = 5ms};
    return out;
  }
  std::unique_ptr<links> new_links(roster_rules const& rules = quick()) {
    return std::make_unique<links>(
        loop.where(),
        [this] {
          return moment{.now = instant(std::chrono::steady_clock::now().time_since_epoch()),
                        .wall = {},
                        .luck = ++luck};
        },
        [](std::string_view name, std::exception_ptr const&) { ADD_FAILURE() << name << " failed"; }, rules);
  }
  std::shared_ptr<wire_between> new_wire() { return std::make_shared<wire_between>(loop.where()); }

  // Until that agent is so.
  static async::task<void> until(links* all, std::string_view agent, agent_state state) {
    for (;;) {
      auto const now = all->roster().status({}, agent);
      if (now && now->state == state) co_return;
      co_await async::test::others_run();
    }
  }

  async::test::loop loop;
  std::uint64_t luck = 0;
};

TEST_F(agent_links, an_agent_that_dials_registers_and_is_heard) {
  auto const all = new_links();
  auto const between = new_wire();
  std::vector<std::string> heard;
  all->on_event([&](operations::agent_event const& what) {
    if (what.type == operations::agent_event_kind::message) heard.push_back(what.content.text);
  });
  loop.run([](links* all, std::shared_ptr<wire_between> between) -> async::task<void> {
    between->to_us.put(R"({"type":"register","name":"claude"})");
    between->to_us.put(R"({"type":"message","session":"s","content":[1]})");
    between->to_us.put(R"({"type":"unregister"})");
    false_socket socket(between);
    auto serving = all->serve(&socket, {});
    co_await std::move(serving);
    auto taking = between->to_agent.take();
    auto const answer = co_await std::move(taking);
    EXPECT_THAT(answer.value_or(""), HasSubstr(R"("type":"registered","id":"agt_)"));
    auto closing = all->close(1s);
    co_await std::move(closing);
  }(all.get(), between));
  EXPECT_THAT(heard, ElementsAre("[1]"));
  EXPECT_EQ(all->roster().size(), 0U);
}

TEST_F(agent_links, an_agent_that_does_not_register_in_time_or_says_something_else_is_refused) {
  auto rules = quick();
  rules.link.registered_limit = 10ms;
  auto const all = new_links(rules);
  auto const silent = new_wire();
  auto const wrong = new_wire();
  loop.run([](links* all, std::shared_ptr<wire_between> silent,
              std::shared_ptr<wire_between> wrong) -> async::task<void> {
    wrong->to_us.put(R"({"type":"heartbeat"})");
    for (auto const& one : {silent, wrong}) {
      false_socket socket(one);
      auto serving = all->serve(&socket, {});
      co_await std::move(serving);
      auto taking = one->to_agent.take();
      auto const said = co_await std::move(taking);
      EXPECT_FALSE(said);
    }
    auto closing = all->close(1s);
    co_await std::move(closing);
  }(all.get(), silent, wrong));
  EXPECT_EQ(all->roster().size(), 0U);
}

TEST_F(agent_links, an_agent_server_is_dialled_beaten_and_dialled_again) {
  auto const all = new_links();
  wires_made wires;
  all->connect({.name = "server", .rules = quick().link}, [&] { return reach(loop.where(), &wires); });
  loop.run([](links* all, wires_made* wires) -> async::task<void> {
    auto registered = until(all, "server", agent_state::registered);
    co_await std::move(registered);
    auto taking = wires->front()->to_agent.take();
    auto const beat = co_await std::move(taking);
    EXPECT_EQ(beat, R"({"type":"heartbeat"})");
    wires->front()->to_us.close();
    auto lost = until(all, "server", agent_state::reconnecting);
    co_await std::move(lost);
    auto again = until(all, "server", agent_state::registered);
    co_await std::move(again);
    EXPECT_EQ(wires->size(), 3U);
    auto closing = all->close(1s);
    co_await std::move(closing);
  }(all.get(), &wires));
}

TEST_F(agent_links, work_waits_for_the_agent_as_long_as_it_says) {
  auto const all = new_links();
  auto const between = new_wire();
  loop.run([](links* all, async::home where, std::shared_ptr<wire_between> between) -> async::task<void> {
    place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
    async::scope running(where, [](std::string_view, std::exception_ptr const&) { ADD_FAILURE(); });
    false_socket socket(between);
    EXPECT_TRUE(running.spawn("agent", [&] { return all->serve(&socket, {.actor = "a", .in = web}); }));
    // Known, and not there.
    between->to_us.put(R"({"type":"register","name":"claude"})");
    auto registered = until(all, "claude", agent_state::registered);
    co_await std::move(registered);
    between->to_us.close();
    auto lost = until(all, "claude", agent_state::reconnecting);
    co_await std::move(lost);
    operations::agent_work work{.instance = "web", .text = "x", .wait = 5ms};
    auto too_short = all->start({}, work);
    auto const refused = co_await std::move(too_short);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::not_registered_in_time);

    auto const anew = std::make_shared<wire_between>(where);
    false_socket second(anew);
    anew->to_us.put(R"({"type":"register","name":"claude"})");
    work.wait = 60s;
    std::optional<result<operations::task>> done;
    EXPECT_TRUE(running.spawn("work", [&] { return work_for(all, work, &done); }));
    EXPECT_TRUE(running.spawn("agent", [&] { return all->serve(&second, {.actor = "a", .in = web}); }));
    while (!done) co_await async::test::others_run();
    EXPECT_TRUE(*done) << (*done).error().message;
    auto closing = all->close(1s);
    co_await std::move(closing);
    auto ended = running.close(1s);
    co_await std::move(ended);
  }(all.get(), loop.where(), between));
}

TEST_F(agent_links, work_dials_an_agent_server_again_that_was_given_up) {
  auto const all = new_links();
  wires_made wires;
  loop.run([](links* all, async::home where, wires_made* wires) -> async::task<void> {
    place const web{.id = instance_id::make({}, 1, 1), .name = "web"};
    auto const number = all->connect({.name = "server", .in = web, .rules = quick().link},
                                     [where, wires] { return reach(where, wires); });
    auto registered = until(all, "server", agent_state::registered);
    co_await std::move(registered);
    all->stop(number);
    operations::agent_work const work{.instance = "web", .text = "x", .wait = 60s};
    // The second attempt fails, and is not waited for any longer.
    auto failing = all->start({}, work);
    auto const refused = co_await std::move(failing);
    EXPECT_FALSE(refused);
    if (!refused) EXPECT_THAT(refused.error().message, HasSubstr("failed: refused"));
    auto working = all->start({}, work);
    auto const done = co_await std::move(working);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(wires->size(), 3U);
    auto closing = all->close(1s);
    co_await std::move(closing);
  }(all.get(), loop.where(), &wires));
}

TEST_F(agent_links, watchers_hear_what_concerns_them) {
  auto const all = new_links();
  auto const between = new_wire();
  std::vector<std::string> heard;
  EXPECT_EQ(all->watch({}, {.agent = "claude"}, {}).error().code, error_code::agent_unknown);
  EXPECT_TRUE(all->watch({}, {}, [&](std::string_view json) {
    heard.emplace_back(json);
    return true;
  }));
  loop.run([](links* all, std::shared_ptr<wire_between> between) -> async::task<void> {
    between->to_us.put(R"({"type":"register","name":"claude"})");
    between->to_us.put(R"({"type":"unregister"})");
    false_socket socket(between);
    auto serving = all->serve(&socket, {});
    co_await std::move(serving);
    auto closing = all->close(1s);
    co_await std::move(closing);
  }(all.get(), between));
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_THAT(heard.front(), HasSubstr(R"("type":"started")"));
  EXPECT_THAT(heard.back(), HasSubstr(R"("type":"stopped")"));
}

}  // namespace
}  // namespace ostler::agents
