#include "control/peer_socket.hpp"

#include <gtest/gtest.h>

namespace ostler::control {
namespace {

TEST(a_message_for_many, is_a_frame_with_the_shortest_length_and_no_mask) {
  EXPECT_EQ(shared_message("hi").frame(), std::string_view("\x81\x02hi"));
  EXPECT_EQ(shared_message(std::string(126, 'x'), message_kind::binary).frame().substr(0, 4),
            std::string_view("\x82\x7e\x00\x7e", 4));
  auto const large = shared_message(std::string(65536, 'x'));
  EXPECT_EQ(large.frame().substr(0, 10), std::string_view("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
  EXPECT_EQ(large.data().size(), 65536U);
}

}  // namespace
}  // namespace ostler::control
