#include "daemon/door_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::daemon {
namespace {

using testing::HasSubstr;

TEST(the_numbers_of_the_door, are_told_by_operation_and_code) {
  control::door_counts counts;
  counts.answered[{"instances.get", "ok"}] = 3;
  counts.answered[{"instances.get", "P0201"}] = 1;
  counts.refused_tokens = 2;
  counts.open_websockets = 5;
  auto const text = door_metrics(counts);
  EXPECT_THAT(text, HasSubstr("ostler_requests_total{operation=\"instances.get\",code=\"P0201\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ostler_requests_total{operation=\"instances.get\",code=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("ostler_door_refusals_total{why=\"token\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ostler_connections_open{kind=\"websocket\"} 5\n"));
  EXPECT_TRUE(text.ends_with("\n"));
}

}  // namespace
}  // namespace ostler::daemon
