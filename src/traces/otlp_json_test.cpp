#include "traces/otlp_json.hpp"

#include <gtest/gtest.h>

#include "tests/support/golden.hpp"

namespace ostler::traces {
namespace {

TEST(spans, are_written_as_a_collector_reads_them) {
  wall_time const begin{milliseconds(1'700'000'000'123)};
  span const root{.trace = "0123456789abcdef0123456789abcdef",
                  .id = "0123456789abcdef",
                  .parent = {},
                  .name = "instance up",
                  .start = begin,
                  .end = begin + 1s,
                  .attributes = {{"ostler.result", "failed"}, {"ostler.actor", "user \"a\"\n\xff"}},
                  .status = span_status::failed,
                  .message = "port 80 is taken"};
  span const child{.trace = root.trace,
                   .id = "fedcba9876543210",
                   .parent = root.id,
                   .name = "launching",
                   .start = begin,
                   .end = begin,
                   .attributes = {},
                   .status = span_status::unset,
                   .message = {}};
  std::vector const both{child, root};
  auto const text = otlp_json({.service_name = "ostlerd", .version = "1.2.3", .daemon = "abc"}, both);
  expect_golden("src/traces/golden/otlp.json", text + "\n");
}

}  // namespace
}  // namespace ostler::traces
