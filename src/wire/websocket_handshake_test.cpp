#include "wire/websocket_handshake.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

TEST(the_answer_to_an_upgrade, is_the_one_of_the_rfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(the_key_of_an_upgrade, is_128_bits_as_base64) {
  EXPECT_EQ(websocket_key({0, 0}), "AAAAAAAAAAAAAAAAAAAAAA==");
  EXPECT_NE(websocket_key({1, 0}), websocket_key({0, 1}));
}

}  // namespace
}  // namespace ostler::wire
