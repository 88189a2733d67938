#include "cli/log_lines.hpp"

#include <gtest/gtest.h>

namespace ostler::cli {
namespace {

using operations::log_line;
using operations::log_line_kind;

channel const plain({});

TEST(lines_of_logs, stand_behind_the_name_of_their_service) {
  log_printer print({}, plain);
  print.knows("worker");
  EXPECT_EQ(print.text({.service = "web", .text = "hello"}), "web    | hello");
  EXPECT_EQ(print.text({.service = "worker", .text = "hi"}), "worker | hi");
}

TEST(lines_of_logs, tell_what_is_said_in_between_and_what_is_missing) {
  log_printer print({}, plain);
  EXPECT_EQ(
      print.text(
          {.kind = log_line_kind::lifecycle, .service = "web", .text = "exited (1), restarting in 2s (2/5)"}),
      "web ● exited (1), restarting in 2s (2/5)");
  EXPECT_EQ(print.text({.kind = log_line_kind::gap, .service = "web", .dropped = 12}),
            "web ┄ 12 lines were not kept");
}

TEST(lines_of_logs, lose_colours_on_a_pipe_and_keep_all_when_raw) {
  log_line const line{.service = "web", .text = "\x1b[31mred\x1b[0m\x1b[2J"};
  EXPECT_EQ(log_printer({.prefix = false}, plain).text(line), "red");
  EXPECT_EQ(log_printer({.prefix = false, .colours = colours::keep}, plain).text(line),
            "\x1b[31mred\x1b[0m\x1b[0m");
  EXPECT_EQ(log_printer({.prefix = false, .raw = true}, plain).text(line), line.text);
}

TEST(lines_of_logs, have_a_time_when_asked) {
  log_printer print({.prefix = false, .timestamps = true}, plain);
  EXPECT_EQ(print.text({.time = wall_time(1'795'263'363'041ms), .text = "x"}), "2026-11-21T12:16:03.041Z x");
}

TEST(a_service, has_the_same_colour_whenever_it_is_shown) {
  channel const coloured({.coloured = true});
  log_line const line{.service = "web", .text = "x"};
  EXPECT_EQ(log_printer({}, coloured).text(line), log_printer({}, coloured).text(line));
  EXPECT_TRUE(log_printer({}, coloured).text(line).starts_with("\x1b["));
}

}  // namespace
}  // namespace ostler::cli
