#include "agents/text_port.hpp"

#include <gtest/gtest.h>

namespace ostler::agents {
namespace {

TEST(the_code_of_a_parting, tells_an_agent_whether_to_dial_again) {
  auto const is_final = [](parting how) {
    auto const code = close_code(how);
    return code == wire::websocket_close::normal || code == wire::websocket_close::policy;
  };
  for (auto const how : {parting::stopped, parting::replaced, parting::refused}) EXPECT_TRUE(is_final(how));
  for (auto const how : {parting::malformed, parting::too_late, parting::lost}) EXPECT_FALSE(is_final(how));
}

}  // namespace
}  // namespace ostler::agents
