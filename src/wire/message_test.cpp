// Messages read step by step.
#include "wire/message.hpp"

#include <gtest/gtest.h>

#include "wire/keeper_verbs.hpp"

namespace ostler::wire {
namespace {

TEST(a_message, is_read_first_for_what_it_is_and_then_for_its_content) {
  auto const read =
      message::parse(request_text(7, "signal", signal_params{.service = "web", .signal = "TERM"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id(), 7U);
  EXPECT_EQ(read->verb(), "signal");
  EXPECT_EQ(read->params<signal_params>()->service, "web");
}

TEST(a_message, without_params_has_the_defaults) {
  auto const read = message::parse(R"({"id":1,"verb":"stop"})");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->params<stop_params>()->grace);
}

TEST(a_message, of_the_wrong_shape_is_refused_with_the_path) {
  EXPECT_EQ(message::parse(R"({"id":-1})").error().code, error_code::text_malformed);
  EXPECT_EQ(message::parse("[]").error().message, "$ is not an object");
  auto const read = message::parse(R"({"id":1,"verb":"stop","params":{"grace":"soon"}})");
  ASSERT_TRUE(read);
  EXPECT_NE(read->params<stop_params>().error().message.find("$.params.grace"), std::string::npos);
}

TEST(a_refusal, is_heard_as_it_was_said) {
  error const why{.code = error_code::service_unknown, .message = "no service x", .detail = {}, .hints = {}};
  auto const read = message::parse(refusal_text(3, why));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->refusal(), why);
  EXPECT_FALSE(message::parse(answer_text(3, nothing{}))->refusal());
}

}  // namespace
}  // namespace ostler::wire
