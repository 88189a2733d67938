#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace ostler::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using namespace std::string_literals;

using heard = std::pair<websocket_kind, std::string>;

void put(websocket_reader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const space = reader.space();
    auto const count = bytes.copy(space.data(), space.size());
    reader.filled(count);
    bytes.remove_prefix(count);
  }
}

std::vector<heard> all_of(websocket_reader& reader) {
  std::vector<heard> out;
  for (;;) {
    auto const next = reader.next();
    if (!next || !*next) return out;
    out.emplace_back((*next)->kind, (*next)->payload);
  }
}

std::string written(websocket_kind kind, std::string_view payload, bool masked) {
  std::string out;
  write_websocket(out, kind, payload, masked ? std::optional<std::uint32_t>(0x9a3c'51e7U) : std::nullopt);
  return out;
}

// What a reader of a server's frames says to these bytes.
websocket_reader refused(std::string_view bytes, std::size_t message_max = websocket_message_max) {
  websocket_reader reader(websocket_role::server, message_max);
  put(reader, bytes);
  for (;;) {
    auto const next = reader.next();
    if (!next) return reader;
    if (!*next) {
      ADD_FAILURE() << "it was taken";
      return reader;
    }
  }
}

TEST(a_websocket_frame, is_written_as_the_rfc_shows_it) {
  EXPECT_EQ(written(websocket_kind::text, "Hello", false), "\x81\x05Hello");
  EXPECT_EQ(written(websocket_kind::ping, "Hello", false), "\x89\x05Hello");
  EXPECT_EQ(written(websocket_kind::binary, std::string(256, 'x'), false).substr(0, 4), "\x82\x7e\x01\x00"s);
  EXPECT_EQ(written(websocket_kind::binary, std::string(65536, 'x'), false).substr(0, 10),
            "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  std::string masked;
  std::uint32_t mask = 0;
  std::memcpy(&mask, "\x37\xfa\x21\x3d", 4);
  write_websocket(masked, websocket_kind::text, "Hello", mask);
  EXPECT_EQ(masked, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(a_websocket_frame, of_every_size_and_both_roles_comes_back) {
  for (auto const role : {websocket_role::client, websocket_role::server})
    for (auto const size : {0UL, 1UL, 7UL, 8UL, 125UL, 126UL, 127UL, 65535UL, 65536UL, 200'001UL}) {
      std::string text(size, ' ');
      for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31);
      websocket_reader reader(role);
      put(reader, written(websocket_kind::binary, text, role == websocket_role::client));
      EXPECT_THAT(all_of(reader), ElementsAre(Pair(websocket_kind::binary, text))) << size;
    }
}

TEST(a_websocket_message, is_the_same_however_its_bytes_are_cut) {
  auto const bytes =
      written(websocket_kind::text, "grün", true) +
      written(websocket_kind::binary, std::string(300, 'x'), true) +
      written(websocket_kind::close, websocket_close_payload(websocket_close::normal, "bye"), true);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    websocket_reader reader(websocket_role::client);
    std::vector<heard> out;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      put(reader, std::string_view(bytes).substr(at, piece));
      std::ranges::move(all_of(reader), std::back_inserter(out));
    }
    ASSERT_EQ(out.size(), 3U) << piece;
    EXPECT_EQ(out[0].second, "grün");
    EXPECT_EQ(websocket_closing_of(out[2].second).reason, "bye");
  }
}

TEST(a_websocket_message, in_fragments_is_put_together_around_what_stands_between) {
  websocket_reader reader(websocket_role::server);
  put(reader, "\x01\x02gr"s);
  EXPECT_THAT(all_of(reader), IsEmpty());
  EXPECT_TRUE(reader.in_message());
  // A character may be split, a ping may stand in between, and a fragment may be empty.
  put(reader, "\x00\x01\xc3"s + "\x89\x01?"s + "\x00\x00"s + "\x80\x02\xbcn"s + "\x81\x01+"s);
  EXPECT_THAT(all_of(reader), ElementsAre(Pair(websocket_kind::ping, "?"), Pair(websocket_kind::text, "grün"),
                                          Pair(websocket_kind::text, "+")));
  EXPECT_FALSE(reader.in_message());
}

TEST(a_websocket_reader, refuses_what_two_sides_could_understand_differently) {
  for (auto const& bytes : std::vector<std::string>{
           "\xc1\x00"s,                                  // a reserved bit
           "\x83\x00"s,                                  // an unknown kind
           "\x81\x80\x01\x02\x03\x04"s,                  // a mask from a server
           "\x82\x7e\x00\x7d"s,                          // a length in two bytes too many
           "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s,  // and in eight
           "\x80\x00"s,                                  // a fragment of nothing
           "\x01\x00\x81\x00"s,                          // a message within a message
           "\x09\x00"s,                                  // a ping in fragments
           "\x89\x7e\x00\x7e"s,                          // a ping that is too long
           "\x88\x01\x03"s,                              // half a code
           "\x88\x02\x03\xed"s,                          // 1005 is never sent
           "\x88\x02\x00\x00"s,                          // no code
       })
    EXPECT_EQ(refused(bytes).refusal(), websocket_close::protocol_error) << testing::PrintToString(bytes);
  websocket_reader of_client(websocket_role::client);
  put(of_client, "\x81\x00"s);
  auto const next = of_client.next();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().message, HasSubstr("must mask"));
}

TEST(a_websocket_reader, refuses_texts_that_are_no_utf8) {
  EXPECT_EQ(refused("\x81\x02\xc0\xaf").refusal(), websocket_close::text_invalid);
  EXPECT_EQ(refused("\x88\x04\x03\xe8\xc0\xaf").refusal(), websocket_close::text_invalid);
}

TEST(a_websocket_reader, refuses_a_message_that_is_too_large_before_it_comes) {
  EXPECT_EQ(refused("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"s).refusal(), websocket_close::too_large);
  EXPECT_EQ(refused("\x82\x0b"s, 10).refusal(), websocket_close::too_large);
  EXPECT_EQ(refused("\x02\x06"s + std::string(6, 'x') + "\x80\x05"s, 10).refusal(),
            websocket_close::too_large);
}

TEST(a_websocket_reader, looks_at_nothing_behind_a_close) {
  websocket_reader reader(websocket_role::server);
  put(reader, "\x88\x00\xff\xff\xff"s);
  EXPECT_THAT(all_of(reader), ElementsAre(Pair(websocket_kind::close, "")));
  EXPECT_EQ(websocket_closing_of("").code, static_cast<std::uint16_t>(websocket_close::none_given));
  EXPECT_THAT(all_of(reader), IsEmpty());
}

TEST(the_reason_of_a_close, is_cut_between_characters) {
  std::string reason(120, 'a');
  reason += "üüüü";
  auto const payload = websocket_close_payload(websocket_close::policy, reason);
  EXPECT_LE(payload.size(), websocket_control_max);
  EXPECT_EQ(websocket_closing_of(payload).reason, reason.substr(0, 122));
  EXPECT_EQ(websocket_closing_of(payload).code, 1008);
}

}  // namespace
}  // namespace ostler::wire
