#include "control/websocket/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "control/test/client_frames.hpp"

namespace ostler::control::websocket {
namespace {

using test::client_frame;
using testing::ElementsAre;

struct outcome {
  std::vector<incoming> heard;
  std::optional<offence> wrong;
};

outcome read_at_once(std::string_view bytes, std::size_t size_max = message_size_max) {
  outcome out;
  frame_reader reader(size_max);
  out.wrong = reader.read(as_bytes(bytes), out.heard);
  return out;
}

outcome read_byte_by_byte(std::string_view bytes, std::size_t size_max = message_size_max) {
  outcome out;
  frame_reader reader(size_max);
  for (std::size_t i = 0; i < bytes.size() && !out.wrong; ++i)
    out.wrong = reader.read(as_bytes(bytes.substr(i, 1)), out.heard);
  return out;
}

incoming text(std::string data) { return {.what = opcode::text, .data = std::move(data), .code = 0}; }

void expect_offence(std::string const& bytes, close_code code) {
  for (auto const& got : {read_at_once(bytes), read_byte_by_byte(bytes)}) {
    ASSERT_TRUE(got.wrong);
    EXPECT_EQ(got.wrong->code, code) << got.wrong->why;
  }
}

TEST(a_frame_reader, gives_messages_of_every_length) {
  for (std::size_t const size : {0UL, 1UL, 125UL, 126UL, 127UL, 65535UL, 65536UL, message_size_max}) {
    auto const data = std::string(size, 'x');
    auto const got = read_at_once(client_frame(opcode::text, data) + client_frame(opcode::binary, "\xff"));
    EXPECT_FALSE(got.wrong);
    ASSERT_EQ(got.heard.size(), 2U);
    EXPECT_EQ(got.heard[0], text(data));
    EXPECT_EQ(got.heard[1].what, opcode::binary);
  }
}

TEST(a_frame_reader, gives_the_same_however_the_bytes_are_cut) {
  auto const bytes = client_frame(opcode::text, "first", {.last = false}) + client_frame(opcode::ping, "p") +
                     client_frame(opcode::continuation, std::string(300, '-'), {.last = false}) +
                     client_frame(opcode::continuation, "") + client_frame(opcode::pong, "") +
                     client_frame(opcode::close, std::string("\x03\xe8") + "bye");
  auto const whole = read_at_once(bytes);
  EXPECT_EQ(whole.heard, read_byte_by_byte(bytes).heard);
  EXPECT_THAT(whole.heard, ElementsAre(incoming{.what = opcode::ping, .data = "p", .code = 0},
                                       text("first" + std::string(300, '-')),
                                       incoming{.what = opcode::pong, .data = "", .code = 0},
                                       incoming{.what = opcode::close, .data = "bye", .code = 1000}));
}

TEST(a_frame_reader, holds_nothing_between_messages) {
  frame_reader reader;
  std::vector<incoming> out;
  auto const bytes = client_frame(opcode::text, std::string(100'000, 'x'));
  EXPECT_FALSE(reader.read(as_bytes(bytes), out));
  EXPECT_LE(reader.held(), 64U);
}

TEST(a_frame_reader, hears_nothing_behind_a_close) {
  auto const got = read_at_once(client_frame(opcode::close, "") + client_frame(opcode::text, "more"));
  EXPECT_THAT(got.heard, ElementsAre(incoming{.what = opcode::close, .data = "", .code = 1005}));
}

TEST(a_frame_reader, refuses_what_is_no_frame) {
  expect_offence(client_frame(opcode::text, "x", {.masked = false}), close_code::protocol_error);
  for (auto const code : std::vector<std::uint8_t>{3, 4, 7, 11, 15})
    expect_offence(client_frame(static_cast<opcode>(code), "x"), close_code::protocol_error);
  for (auto const bit : std::vector<std::uint8_t>{0x10, 0x20, 0x40})
    expect_offence(client_frame(opcode::text, "x", {.reserved = bit}), close_code::protocol_error);
  expect_offence(client_frame(opcode::continuation, "x"), close_code::protocol_error);
  expect_offence(client_frame(opcode::text, "x", {.last = false}) + client_frame(opcode::text, "y"),
                 close_code::protocol_error);
  expect_offence(client_frame(opcode::ping, "x", {.last = false}), close_code::protocol_error);
  expect_offence(client_frame(opcode::ping, std::string(126, 'x')), close_code::protocol_error);
  // Its length has the highest bit set.
  expect_offence(std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14),
                 close_code::protocol_error);
}

TEST(a_frame_reader, refuses_a_message_that_is_too_large_before_it_has_come) {
  auto const head = client_frame(opcode::binary, std::string(11, 'x')).substr(0, 6);
  EXPECT_EQ(read_at_once(head, 10).wrong->code, close_code::too_big);
  auto const parts = client_frame(opcode::text, "123456", {.last = false}) +
                     client_frame(opcode::continuation, "78901").substr(0, 6);
  EXPECT_EQ(read_at_once(parts, 10).wrong->code, close_code::too_big);
}

TEST(a_frame_reader, refuses_texts_that_are_not_utf8) {
  for (std::string_view const bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "ok\xe2\x82"})
    expect_offence(client_frame(opcode::text, bad), close_code::bad_text);
  // A character may be cut by a fragment.
  auto const cut =
      client_frame(opcode::text, "\xe2\x82", {.last = false}) + client_frame(opcode::continuation, "\xac");
  EXPECT_EQ(read_at_once(cut).heard, std::vector{text("\xe2\x82\xac")});
}

TEST(a_frame_reader, refuses_a_close_that_says_what_may_not_be_said) {
  auto const close = [](std::uint16_t code, std::string const& why = {}) {
    std::string data{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return client_frame(opcode::close, data + why);
  };
  for (auto const code : std::vector<std::uint16_t>{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    expect_offence(close(code), close_code::protocol_error);
  for (auto const code : std::vector<std::uint16_t>{1000, 1003, 1007, 1011, 1014, 3000, 4999})
    EXPECT_FALSE(read_at_once(close(code)).wrong) << code;
  expect_offence(client_frame(opcode::close, "x"), close_code::protocol_error);
  expect_offence(close(1000, "\xff"), close_code::bad_text);
}

TEST(a_frame_reader, bears_any_bytes) {
  std::minstd_rand chance(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(chance() % 64, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(chance());
    auto const whole = read_at_once(bytes);
    auto const cut = read_byte_by_byte(bytes);
    EXPECT_EQ(whole.heard, cut.heard);
    EXPECT_EQ(whole.wrong, cut.wrong);
  }
}

TEST(a_frame_of_ours, has_the_shortest_length_and_no_mask) {
  EXPECT_EQ(shared_message("hi").frame(), std::string_view("\x81\x02hi"));
  EXPECT_EQ(shared_message(std::string(126, 'x'), message_kind::binary).frame().substr(0, 4),
            std::string_view("\x82\x7e\x00\x7e", 4));
  auto const large = shared_message(std::string(65536, 'x'));
  EXPECT_EQ(large.frame().substr(0, 10), std::string_view("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
  EXPECT_EQ(large.data().size(), 65536U);
}

TEST(a_frame_of_ours, closes_with_a_reason_that_is_not_cut_within_a_character) {
  std::string why(122, 'x');
  why += "\xe2\x82\xac";
  auto const frame = close_frame(close_code::policy, why);
  EXPECT_EQ(frame.size(), 2 + 2 + 122U);
  EXPECT_EQ(frame.substr(0, 4), std::string_view("\x88\x7c\x03\xf0"));
}

}  // namespace
}  // namespace ostler::control::websocket
