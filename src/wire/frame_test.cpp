// Frames: bytes that never change, and nonsense that is refused.
#include "wire/frame.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

void feed(frame_reader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const space = reader.space();
    auto const count = std::min(space.size(), bytes.size());
    bytes.copy(space.data(), count);
    reader.filled(count);
    bytes.remove_prefix(count);
  }
}

TEST(a_frame, has_bytes_that_never_change) {
  std::string out;
  write_control(out, "{}");
  write_frame(out, frame_kind::data, 0x01020304, "abc");
  write_credit(out, 7, 65'536);
  write_frame(out, frame_kind::end, 7, "");
  using namespace std::literals;
  EXPECT_EQ(out,
            "\x02\0\0\0"
            "\0"
            "\0\0\0\0"
            "{}"
            "\x03\0\0\0"
            "\x01"
            "\x04\x03\x02\x01"
            "abc"
            "\x04\0\0\0"
            "\x03"
            "\x07\0\0\0"
            "\0\0\x01\0"
            "\0\0\0\0"
            "\x02"
            "\x07\0\0\0"sv);
}

TEST(a_frame_reader, gives_the_same_frames_however_the_bytes_come) {
  std::string out;
  write_control(out, R"({"type":"hello"})");
  write_frame(out, frame_kind::data, 3, std::string(data_size_max, 'x'));
  write_credit(out, 3, 1);
  for (std::size_t const piece : {1UL, 2UL, 9UL, 1000UL, out.size()}) {
    frame_reader reader;
    std::string seen;
    for (std::size_t at = 0; at < out.size(); at += piece) {
      feed(reader, std::string_view(out).substr(at, piece));
      for (;;) {
        auto const got = reader.next();
        ASSERT_TRUE(got);
        if (!*got) break;
        seen += std::to_string(static_cast<int>((*got)->kind)) + ":" +
                std::to_string((*got)->payload.size()) + " ";
        if ((*got)->kind == frame_kind::credit) {
          EXPECT_EQ(credit_of(**got), 1U);
        }
      }
    }
    EXPECT_EQ(seen, "0:16 1:65536 3:4 ") << "in pieces of " << piece;
  }
}

void expect_refused(std::string_view bytes, std::string_view why) {
  frame_reader reader;
  feed(reader, bytes);
  auto const got = reader.next();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, error_code::message_malformed);
  EXPECT_EQ(got.error().message, why);
}

TEST(a_frame_reader, refuses_what_is_no_frame_before_it_has_come_whole) {
  using namespace std::literals;
  expect_refused("\xff\xff\xff\xff\0\0\0\0\0"sv,
                 "a frame of kind 0 has 4294967295 bytes; allowed: at most 1048576");
  expect_refused("\x01\0\0\0\x09\0\0\0\0"sv, "a frame is of the unknown kind 9");
  expect_refused("\x01\0\0\0\x01\0\0\0\0"sv, "a frame of kind 1 names the stream 0");
  expect_refused("\x01\0\0\0\0\x05\0\0\0"sv, "a frame of kind 0 names the stream 5");
  expect_refused("\x05\0\0\0\x03\x05\0\0\0"sv, "a frame of kind 3 has 5 bytes; allowed: at most 4");
}

TEST(a_credit, of_another_size_is_none) {
  EXPECT_FALSE(credit_of({.kind = frame_kind::credit, .stream = 1, .payload = "abc"}));
  EXPECT_FALSE(credit_of({.kind = frame_kind::data, .stream = 1, .payload = "abcd"}));
}

}  // namespace
}  // namespace ostler::wire
