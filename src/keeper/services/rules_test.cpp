// What is wrong with a spec is said before anything is started.
#include "keeper/services/rules.hpp"

#include <gtest/gtest.h>

namespace ostler::keeper {
namespace {

wire::service_spec service(std::string name, std::vector<std::string> needs = {}) {
  return {.name = std::move(name), .command = {"true"}, .needs = std::move(needs)};
}

std::string trouble(std::vector<wire::service_spec> const& services) {
  auto const done = check_services(services);
  return done ? std::string() : done.error().message;
}

TEST(a_spec, that_makes_sense_is_taken) {
  EXPECT_EQ(trouble({service("db"), service("web", {"db"}), service("worker", {"db", "web"})}), "");
}

TEST(a_spec, is_refused_with_the_service_and_the_reason) {
  EXPECT_EQ(trouble({service("web"), service("web")}), "two services are called web");
  EXPECT_EQ(trouble({service("web", {"cache"})}),
            "service web needs 'cache', which is no service of this instance");
  EXPECT_EQ(trouble({service("a", {"b"}), service("b", {"a"}), service("c")}),
            "these services need each other in a circle: a, b");
  auto one = service("web");
  one.command.clear();
  EXPECT_EQ(trouble({one}), "service web: there is no command");
  one = service("web");
  one.ready.output = "(";
  EXPECT_EQ(trouble({one}), "service web: ready.output '(' is no pattern: missing ): (");
  one = service("web");
  one.ready.tcp = true;
  EXPECT_EQ(trouble({one}), "service web: a port is looked at, but the service has none");
  one = service("web");
  one.stop.grace = milliseconds(-1);
  EXPECT_EQ(trouble({one}), "service web: stop.grace is -1 ms; allowed: 0s to 365d");
  one = service("web");
  one.stop.signal = "TERMINATE";
  EXPECT_TRUE(trouble({one}).starts_with("'TERMINATE' is no signal; allowed: HUP, "));
}

TEST(the_rules_of_a_service, come_from_its_spec) {
  auto spec = service("web");
  spec.ready.tcp = true;
  spec.ready.notify = true;
  spec.restart = {.on = wire::restart_on::never, .max = 3, .window = milliseconds(5000)};
  auto const rules = rules_of(spec, 3001);
  EXPECT_EQ(rules.port, 3001);
  EXPECT_EQ(rules.ready, (lifecycle::sign_set{lifecycle::ready_sign::tcp, lifecycle::ready_sign::notify}));
  EXPECT_EQ(rules.restart, lifecycle::restart_policy::never);
  EXPECT_EQ(rules.restarts.restarts_max, 3);
}

}  // namespace
}  // namespace ostler::keeper
