#include "answers/creation.hpp"

#include <gtest/gtest.h>

#include "answers/removal.hpp"

namespace ostler::answers {
namespace {

TEST(a_name, is_made_of_the_project) {
  EXPECT_EQ(name_from("/srv/My Project!"), "my-project");
  EXPECT_EQ(name_from("web"), "web");
  EXPECT_EQ(name_from("/--/"), "instance");
  EXPECT_EQ(name_from(""), "instance");
  EXPECT_EQ(name_from(std::string(100, 'a')), std::string(63, 'a'));
}

lifecycle::instance_spec spec(std::uint16_t port) {
  supervisor::instance_wish wish{.name = "web", .provider = "here", .project = "/p"};
  wire::service_spec service{.name = "server"};
  service.command = {"run"};
  service.port.kind = wire::port_kind::automatic;
  wish.plan.services.push_back(service);
  auto out = supervisor::spec_of(std::move(wish));
  out.services.front().port = port;
  return out;
}

TEST(specs, differ_in_what_was_asked_for_and_not_in_ports_that_we_chose) {
  EXPECT_TRUE(differences(spec(10'000), spec(0)).empty());
  auto other = spec(0);
  other.project = "/q";
  auto plan = supervisor::read_plan(other.settings).value();
  plan.env = {"A=1"};
  plan.settings = R"({"mode":"copy"})";
  other.settings = supervisor::write_plan(plan);
  EXPECT_EQ(differences(spec(0), other), (std::vector<std::string>{"project", "env", "settings"}));
}

TEST(a_look_for_work, is_believed_only_when_it_came_to_its_end) {
  EXPECT_TRUE(judge_look("web", "end\n"));
  auto const cut = judge_look("web", "");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, error_code::work_would_be_lost);
  auto const found = judge_look("web", "not committed: a b\ncommits of topic\nend\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "web holds work that exists nowhere else: not committed: a b, …");
  EXPECT_EQ(found.error().detail, "not committed: a b\ncommits of topic");
}

}  // namespace
}  // namespace ostler::answers
