#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "wire/test/client_frames.hpp"

namespace ostler::wire {
namespace {

using test::client_frame;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

struct outcome {
  std::vector<websocket_heard> heard;
  std::optional<websocket_offence> wrong;

  bool operator==(outcome const&) const = default;
};

outcome read_in_pieces(std::string_view bytes, std::size_t piece, websocket_role sender,
                       std::size_t message_max = websocket_message_max) {
  outcome out;
  websocket_reader reader(sender, message_max);
  for (std::size_t at = 0; at < bytes.size() && !out.wrong; at += piece)
    out.wrong = reader.read(as_bytes(bytes.substr(at, piece)), out.heard);
  return out;
}

outcome read_at_once(std::string_view bytes, websocket_role sender = websocket_role::client,
                     std::size_t message_max = websocket_message_max) {
  return read_in_pieces(bytes, bytes.size(), sender, message_max);
}

websocket_heard message(websocket_kind kind, std::string data, std::uint16_t code = 0) {
  return {.kind = kind, .data = std::move(data), .code = code};
}

void expect_offence(std::string const& bytes, websocket_close code,
                    websocket_role sender = websocket_role::client) {
  for (auto const piece : {bytes.size(), 1UL}) {
    auto const got = read_in_pieces(bytes, piece, sender);
    ASSERT_TRUE(got.wrong) << testing::PrintToString(bytes);
    EXPECT_EQ(got.wrong->code, code) << got.wrong->why;
  }
}

std::string written(websocket_kind kind, std::string_view payload, bool masked) {
  std::string out;
  write_websocket(out, kind, payload, masked ? std::optional<std::uint32_t>(0x9a3c'51e7U) : std::nullopt);
  return out;
}

TEST(a_websocket_frame, is_written_as_the_rfc_shows_it) {
  EXPECT_EQ(written(websocket_kind::text, "Hello", false), "\x81\x05Hello");
  EXPECT_EQ(written(websocket_kind::ping, "Hello", false), "\x89\x05Hello");
  EXPECT_EQ(written(websocket_kind::binary, std::string(256, 'x'), false).substr(0, 4), "\x82\x7e\x01\x00"s);
  EXPECT_EQ(written(websocket_kind::binary, std::string(65536, 'x'), false).substr(0, 10),
            "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  std::string masked = "before";
  std::uint32_t mask = 0;
  std::memcpy(&mask, "\x37\xfa\x21\x3d", 4);
  write_websocket(masked, websocket_kind::text, "Hello", mask);
  EXPECT_EQ(masked, "before\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(a_websocket_frame, of_every_size_and_both_roles_comes_back_however_it_is_cut) {
  for (auto const role : {websocket_role::client, websocket_role::server})
    for (auto const size : {0UL, 1UL, 7UL, 8UL, 125UL, 126UL, 127UL, 65535UL, 65536UL, 200'001UL}) {
      std::string data(size, ' ');
      for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 31);
      auto const bytes = written(websocket_kind::binary, data, role == websocket_role::client) +
                         written(websocket_kind::text, "next", role == websocket_role::client);
      for (auto const piece : {bytes.size(), 1UL, 1001UL})
        EXPECT_THAT(read_in_pieces(bytes, piece, role).heard,
                    ElementsAre(message(websocket_kind::binary, data), message(websocket_kind::text, "next")))
            << size;
    }
}

TEST(a_websocket_message, in_fragments_is_put_together_around_what_stands_between) {
  // A character may be split, a ping may stand in between, and a fragment may be empty.
  auto const bytes = client_frame(websocket_kind::text, "gr\xc3", {.last = false}) +
                     client_frame(websocket_kind::ping, "?") +
                     client_frame(websocket_kind::more, "\xbcn" + std::string(300, '-'), {.last = false}) +
                     client_frame(websocket_kind::more, "") + client_frame(websocket_kind::pong, "") +
                     client_frame(websocket_kind::close, "\x03\xe8"s + "bye");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_THAT(read_in_pieces(bytes, piece, websocket_role::client).heard,
                ElementsAre(message(websocket_kind::ping, "?"),
                            message(websocket_kind::text, "grün" + std::string(300, '-')),
                            message(websocket_kind::pong, ""), message(websocket_kind::close, "bye", 1000)))
        << piece;
}

TEST(a_websocket_reader, holds_nothing_between_messages) {
  websocket_reader reader(websocket_role::client);
  std::vector<websocket_heard> out;
  auto const bytes =
      client_frame(websocket_kind::text, std::string(100'000, 'x')) + client_frame(websocket_kind::ping, "?");
  EXPECT_FALSE(reader.read(as_bytes(bytes), out));
  EXPECT_LE(reader.held(), 64U);
}

TEST(a_websocket_reader, hears_nothing_behind_a_close) {
  auto const got =
      read_at_once(client_frame(websocket_kind::close, "") + client_frame(websocket_kind::text, "more"));
  EXPECT_THAT(got.heard, ElementsAre(message(websocket_kind::close, "", 1005)));
  EXPECT_FALSE(read_at_once("\x88\x00\xff\xff\xff"s, websocket_role::server).wrong);
}

TEST(a_websocket_reader, refuses_what_two_sides_could_understand_differently) {
  for (auto const kind : std::vector<std::uint8_t>{3, 4, 7, 11, 15})
    expect_offence(client_frame(static_cast<websocket_kind>(kind), "x"), websocket_close::protocol_error);
  for (auto const bit : std::vector<std::uint8_t>{0x10, 0x20, 0x40})
    expect_offence(client_frame(websocket_kind::text, "x", {.reserved = bit}),
                   websocket_close::protocol_error);
  for (auto const& bytes : std::vector<std::string>{
           client_frame(websocket_kind::text, "x", {.last = false}) + client_frame(websocket_kind::text, "y"),
           client_frame(websocket_kind::more, "x"),
           client_frame(websocket_kind::ping, "x", {.last = false}),
           client_frame(websocket_kind::ping, std::string(126, 'x')),
           // Its length has the highest bit set.
           "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"s,
       })
    expect_offence(bytes, websocket_close::protocol_error);
  for (auto const& bytes : std::vector<std::string>{
           "\x82\x7e\x00\x7d"s,                          // a length in two bytes too many
           "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s,  // and in eight
           "\x80\x00"s,                                  // a fragment of nothing
           "\x01\x00\x81\x00"s,                          // a message within a message
           "\x88\x01\x03"s,                              // half a code
       })
    expect_offence(bytes, websocket_close::protocol_error, websocket_role::server);
}

TEST(a_websocket_reader, wants_a_mask_of_clients_and_none_of_servers) {
  auto const bare = read_at_once(client_frame(websocket_kind::text, "x", {.masked = false}));
  ASSERT_TRUE(bare.wrong);
  EXPECT_THAT(bare.wrong->why, HasSubstr("client must mask"));
  auto const masked = read_at_once(client_frame(websocket_kind::text, "x"), websocket_role::server);
  ASSERT_TRUE(masked.wrong);
  EXPECT_THAT(masked.wrong->why, HasSubstr("server must not mask"));
}

TEST(a_websocket_reader, refuses_a_message_that_is_too_large_before_it_has_come) {
  auto const refused = [](std::string_view bytes, websocket_role sender) {
    auto const got = read_at_once(bytes, sender, 10);
    return got.wrong && got.wrong->code == websocket_close::too_big;
  };
  auto const head = client_frame(websocket_kind::binary, std::string(11, 'x')).substr(0, 6);
  EXPECT_TRUE(refused(head, websocket_role::client));
  EXPECT_TRUE(refused("\x82\x0b", websocket_role::server));
  EXPECT_TRUE(refused("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"s, websocket_role::server));
  auto const parts = client_frame(websocket_kind::text, "123456", {.last = false}) +
                     client_frame(websocket_kind::more, "78901").substr(0, 6);
  EXPECT_TRUE(refused(parts, websocket_role::client));
}

TEST(a_websocket_reader, refuses_texts_that_are_no_utf8) {
  for (std::string_view const bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "ok\xe2\x82"})
    expect_offence(client_frame(websocket_kind::text, bad), websocket_close::bad_text);
  expect_offence("\x81\x02\xc0\xaf", websocket_close::bad_text, websocket_role::server);
}

TEST(a_websocket_reader, refuses_a_close_that_says_what_must_not_be_said) {
  auto const close = [](std::uint16_t code, std::string const& why = {}) {
    std::string const data{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return client_frame(websocket_kind::close, data + why);
  };
  for (auto const code : std::vector<std::uint16_t>{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    expect_offence(close(code), websocket_close::protocol_error);
  for (auto const code : std::vector<std::uint16_t>{1000, 1003, 1007, 1011, 1014, 3000, 4999})
    EXPECT_FALSE(read_at_once(close(code)).wrong) << code;
  expect_offence(client_frame(websocket_kind::close, "x"), websocket_close::protocol_error);
  expect_offence(close(1000, "\xff"), websocket_close::bad_text);
}

TEST(a_websocket_reader, bears_any_bytes) {
  std::minstd_rand chance(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(chance() % 64, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(chance());
    for (auto const sender : {websocket_role::client, websocket_role::server})
      EXPECT_EQ(read_at_once(bytes, sender), read_in_pieces(bytes, 1, sender));
  }
}

TEST(the_reason_of_a_close, is_cut_between_characters) {
  std::string reason(122, 'a');
  reason += "€";
  auto const payload = websocket_close_payload(websocket_close::policy, reason);
  EXPECT_LE(payload.size(), websocket_control_max);
  EXPECT_THAT(read_at_once(written(websocket_kind::close, payload, false), websocket_role::server).heard,
              ElementsAre(message(websocket_kind::close, reason.substr(0, 122), 1008)));
}

}  // namespace
}  // namespace ostler::wire
