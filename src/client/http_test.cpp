#include "client/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostler::client {
namespace {

using testing::HasSubstr;

void put(response_reader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const space = reader.space();
    auto const count = bytes.copy(space.data(), space.size());
    reader.filled(count);
    bytes.remove_prefix(count);
  }
}

struct read_answer {
  unsigned status = 0;
  std::string body;
  bool done = false;
  std::string refused;
};

// In pieces of this size.
read_answer read_in(std::string_view bytes, std::size_t size) {
  response_reader reader;
  read_answer out;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    put(reader, bytes.substr(at, size));
    auto const head = reader.head();
    if (!head) return {.refused = head.error().message};
    if (*head == nullptr) continue;
    out.status = (*head)->status;
    for (;;) {
      auto const piece = reader.body();
      if (!piece) return {.refused = piece.error().message};
      if (!*piece) break;
      out.body += **piece;
    }
  }
  out.done = reader.is_done();
  return out;
}

constexpr std::string_view head = "HTTP/1.1 200 OK\r\n";

read_answer read_all(std::string const& fields_and_body) {
  return read_in(std::string(head) + fields_and_body, 1 << 20);
}

TEST(an_answer, is_the_same_however_its_bytes_are_cut) {
  for (auto const* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: "
        "x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:  11 \r\n\r\nhello world"})
    for (std::size_t size = 1; size < std::string_view(bytes).size(); ++size) {
      auto const read = read_in(bytes, size);
      EXPECT_EQ(read.refused, "");
      EXPECT_EQ(read.status, 200U);
      EXPECT_EQ(read.body, "hello world") << size;
      EXPECT_TRUE(read.done);
    }
}

TEST(an_answer, that_is_torn_is_not_done) {
  EXPECT_FALSE(read_all("Content-Length: 5\r\n\r\nhell").done);
  EXPECT_FALSE(read_all("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").done);
  EXPECT_FALSE(read_all("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n").done);
}

TEST(an_answer, whose_end_could_be_understood_differently_is_refused) {
  for (auto const* bad :
       {"\r\nuntil the end", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length: -5\r\n\r\n",
        "Content-Length: 5, 5\r\n\r\nhello", "Content-Length: \r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n", "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nx\r\n", "Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n"})
    EXPECT_NE(read_all(bad).refused, "") << bad;
}

TEST(an_answer, that_is_no_http_is_refused_at_once) {
  for (auto const* bad :
       {"SSH-2.0-OpenSSH", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n a: b\r\n\r\n", "HTTP/1.1 200 OK\r\na: \x01\r\n\r\n"})
    EXPECT_THAT(read_in(bad, 1 << 20).refused, HasSubstr("no daemon of ours")) << bad;
}

TEST(an_answer, with_a_head_that_does_not_end_is_refused) {
  auto const endless = "HTTP/1.1 200 OK\r\nx: " + std::string(head_size_max, 'x');
  EXPECT_THAT(read_in(endless, 1000).refused, HasSubstr("larger than"));
  EXPECT_THAT(read_in(endless + "\r\n\r\n", 1 << 20).refused, HasSubstr("larger than"));
  std::string many(head);
  for (int i = 0; i < 300; ++i) many += "a: b\r\n";
  EXPECT_THAT(read_in(many + "\r\n", 1 << 20).refused, HasSubstr("too many"));
  EXPECT_NE(read_all("Transfer-Encoding: chunked\r\n\r\n" + std::string(5000, '0')).refused, "");
}

TEST(a_connection, is_kept_only_when_the_answer_ended_cleanly) {
  auto const keeps = [](std::string const& rest) {
    response_reader reader;
    put(reader, std::string(head) + rest);
    EXPECT_TRUE(reader.head());
    while (auto const piece = reader.body())
      if (!*piece) break;
    return reader.keeps_connection();
  };
  EXPECT_TRUE(keeps("Content-Length: 1\r\n\r\nx"));
  EXPECT_FALSE(keeps("Content-Length: 1\r\n\r\nxHTTP"));
  EXPECT_FALSE(keeps("Content-Length: 2\r\n\r\nx"));
  EXPECT_FALSE(keeps("Connection: Close\r\nContent-Length: 1\r\n\r\nx"));
}

TEST(the_value_of_a_field, does_not_end_its_line) {
  EXPECT_TRUE(is_field_value("a b~"));
  EXPECT_FALSE(is_field_value("a\r\nb"));
  EXPECT_FALSE(is_field_value("\x7f"));
}

}  // namespace
}  // namespace ostler::client
