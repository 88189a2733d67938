#include "traces/trace_settings.hpp"

#include <gtest/gtest.h>

namespace ostler::traces {
namespace {

endpoint of_all(std::string text) {
  auto const read = read_trace_settings(
      {.endpoint = std::move(text), .traces_endpoint = {}, .service_name = {}, .disabled = {}});
  return read && *read ? (*read)->to : endpoint();
}

error refused(std::string text) {
  auto const read = read_trace_settings(
      {.endpoint = {}, .traces_endpoint = std::move(text), .service_name = {}, .disabled = {}});
  return read ? error() : read.error();
}

TEST(traces, are_off_unless_they_are_asked_for) {
  auto const none = read_trace_settings({});
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  auto const off = read_trace_settings(
      {.endpoint = "http://localhost:4318", .traces_endpoint = {}, .service_name = {}, .disabled = "True"});
  ASSERT_TRUE(off);
  EXPECT_FALSE(*off);
}

TEST(traces, go_below_the_endpoint_of_all_signals) {
  endpoint const wanted{
      .host = "127.0.0.1", .port = "4318", .path = "/v1/traces", .authority = "127.0.0.1:4318"};
  EXPECT_EQ(of_all("http://127.0.0.1:4318"), wanted);
  EXPECT_EQ(of_all("HTTP://127.0.0.1:4318//"), wanted);
  EXPECT_EQ(of_all("http://collector/otlp/").path, "/otlp/v1/traces");
  EXPECT_EQ(of_all("http://collector").port, "80");
  EXPECT_EQ(of_all("http://[::1]:4318").host, "::1");
  EXPECT_EQ(of_all("http://[::1]:4318").authority, "[::1]:4318");
}

TEST(traces, go_to_their_own_endpoint_as_it_is_written) {
  auto const read = read_trace_settings({.endpoint = "https://elsewhere",
                                         .traces_endpoint = "http://localhost:9000",
                                         .service_name = "mine",
                                         .disabled = "false"});
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->to.path, "/");
  EXPECT_EQ((*read)->to.port, "9000");
  EXPECT_EQ((*read)->service_name, "mine");
}

TEST(traces, are_refused_where_they_cannot_go) {
  EXPECT_EQ(refused("https://collector:4318").code, error_code::value_unknown);
  EXPECT_EQ(refused("grpc://collector:4317").code, error_code::value_unknown);
  for (auto const* text : {"collector:4318", "http://", "http://:4318", "http://a:0", "http://a:65536",
                           "http://a:", "http://a:1x", "http://[::1", "http://[::1]x", "http://a/b?c",
                           "http://a b", "http://a/\r\nX: y", "http://\xc3\xa4"})
    EXPECT_EQ(refused(text).code, error_code::text_malformed) << text;
}

TEST(a_refusal, never_repeats_a_password) {
  for (auto const* text :
       {"http://user:secret@collector", "https://user:secret@collector", "user:secret@collector"})
    EXPECT_EQ(refused(text).message.find("secret"), std::string::npos) << refused(text).message;
}

}  // namespace
}  // namespace ostler::traces
