// The exporter against a collector of ours on loopback.
#include "traces/exporter.hpp"

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "async/test/loop.hpp"

namespace ostler::traces {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Takes one connection for each of its answers; one of 0 closes without a word, one below says nothing until
// the other side goes, which may be before all of the request was sent, or before it was begun.
class collector {
 public:
  collector(async::home const& where, std::vector<int> answers)
      : doors_(where, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answers_(std::move(answers)),
        tasks_(where, [](std::string_view, std::exception_ptr const&) { ADD_FAILURE(); }) {
    EXPECT_TRUE(tasks_.spawn("collect", [this] { return serve(); }));
  }

  endpoint to() const {
    auto const port = std::to_string(doors_.local_endpoint().port());
    return {.host = "127.0.0.1", .port = port, .path = "/v1/traces", .authority = "127.0.0.1:" + port};
  }
  std::vector<std::string> const& requests() const { return requests_; }
  // When all answers were given.
  task<void> done() { co_await tasks_.close(async::test::generous); }
  // Whatever is still to be answered.
  task<void> leave() { co_await tasks_.close(0ms); }

 private:
  task<void> serve() {
    for (auto const answer : answers_) {
      auto line = co_await doors_.async_accept(asio::use_awaitable);
      if (answer == 0) continue;
      if (answer < 0) {
        std::string ignored;
        co_await asio::async_read(line, asio::dynamic_buffer(ignored),
                                  asio::experimental::as_tuple(asio::use_awaitable));
        continue;
      }
      requests_.push_back(co_await request_of(&line));
      auto const said = fmt::format("HTTP/1.1 {} Said\r\nContent-Length: 2\r\n\r\n{{}}", answer);
      co_await asio::async_write(line, asio::buffer(said), asio::use_awaitable);
    }
    doors_.close();
  }

  static task<std::string> request_of(tcp::socket* line) {
    std::string text;
    auto const head =
        co_await asio::async_read_until(*line, asio::dynamic_buffer(text), "\r\n\r\n", asio::use_awaitable);
    constexpr std::string_view key = "Content-Length: ";
    auto const at = text.find(key) + key.size();
    std::size_t size = 0;
    std::from_chars(text.data() + at, text.data() + head, size);
    auto const missing = head + size - text.size();
    co_await asio::async_read(*line, asio::dynamic_buffer(text), asio::transfer_exactly(missing),
                              asio::use_awaitable);
    co_return text;
  }

  tcp::acceptor doors_;
  std::vector<int> answers_;
  std::vector<std::string> requests_;
  async::scope tasks_;
};

span one_span(std::string name) {
  return {.trace = std::string(32, '1'),
          .id = std::string(16, '2'),
          .parent = {},
          .name = std::move(name),
          .start = {},
          .end = {},
          .attributes = {},
          .status = span_status::unset,
          .message = {}};
}

// Pauses that pass at once, and a batch that waits for nobody.
constexpr exporter_limits quick{.batch_wait = 0ms, .post_limit = async::test::generous, .pause_first = 1ms};

class an_exporter : public testing::Test {
 public:
  // Two spans, told to a collector that answers so.
  exporter_counts tell_two(std::vector<int> answers, exporter_limits limits = quick) {
    exporter_counts out;
    auto story = [](an_exporter* self, std::vector<int> answers_given, exporter_limits rules,
                    exporter_counts* counted) -> task<void> {
      collector there(self->loop.where(), std::move(answers_given));
      exporter one(
          self->loop.where(), {.service_name = "ostlerd", .version = "1", .daemon = "d"}, there.to(),
          [self](std::string const& text) { self->said.push_back(text); }, rules);
      one.take(one_span("first"));
      one.take(one_span("second"));
      while (one.count().exported + one.count().dropped < 2) co_await async::test::others_run();
      co_await there.leave();
      co_await one.close();
      *counted = one.count();
      self->requests = there.requests();
    };
    loop.run(story(this, std::move(answers), limits, &out));
    return out;
  }

  async::test::loop loop;
  std::vector<std::string> said;
  std::vector<std::string> requests;
};

TEST_F(an_exporter, posts_many_spans_at_once) {
  auto const counted = tell_two({200});
  EXPECT_EQ(counted.exported, 2U);
  EXPECT_EQ(counted.dropped + counted.posts_failed + counted.waiting, 0U);
  ASSERT_EQ(requests.size(), 1U);
  auto const& request = requests.front();
  EXPECT_TRUE(request.starts_with("POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos) << request;
  EXPECT_LT(request.find("\"first\""), request.find("\"second\"")) << request;
  EXPECT_TRUE(said.empty());
}

TEST_F(an_exporter, tries_again_and_tells_the_trouble_once) {
  auto const counted = tell_two({503, 0, 429, 200});
  EXPECT_EQ(counted.exported, 2U);
  EXPECT_EQ(counted.posts_failed, 3U);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_NE(said[0].find("answers 503"), std::string::npos) << said[0];
  EXPECT_NE(said[1].find("takes traces again"), std::string::npos) << said[1];
}

TEST_F(an_exporter, drops_and_counts_what_is_refused) {
  auto const counted = tell_two({400});
  EXPECT_EQ(counted.exported, 0U);
  EXPECT_EQ(counted.dropped, 2U);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(an_exporter, gives_up_after_its_attempts) {
  auto limits = quick;
  limits.attempts_max = 3;
  auto const counted = tell_two({500 + 3, 503, 503}, limits);
  EXPECT_EQ(counted.dropped, 2U);
  EXPECT_EQ(counted.posts_failed, 3U);
}

TEST_F(an_exporter, does_not_wait_for_a_collector_that_says_nothing) {
  auto limits = quick;
  limits.post_limit = 20ms;
  limits.attempts_max = 1;
  auto const counted = tell_two({-1}, limits);
  EXPECT_EQ(counted.dropped, 2U);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("took longer than 20ms"), std::string::npos) << said[0];
}

TEST_F(an_exporter, drops_what_does_not_fit_into_its_queue) {
  auto limits = quick;
  limits.queue_max = 1;
  auto const counted = tell_two({200}, limits);
  EXPECT_EQ(counted.exported, 1U);
  EXPECT_EQ(counted.dropped, 1U);
}

TEST_F(an_exporter, hands_over_what_is_left_when_it_is_closed) {
  auto limits = quick;
  limits.batch_wait = duration_max;
  limits.close_grace = async::test::generous;
  auto story = [](an_exporter* self, exporter_limits rules) -> task<void> {
    collector there(self->loop.where(), {200});
    exporter one(
        self->loop.where(), {.service_name = "ostlerd", .version = "1", .daemon = "d"}, there.to(),
        [](std::string const&) {}, rules);
    one.take(one_span("last"));
    co_await async::test::others_run();
    co_await one.close();
    co_await there.done();
    EXPECT_EQ(one.count().exported, 1U);
    one.take(one_span("too late"));
    EXPECT_EQ(one.count().dropped, 1U);
  };
  loop.run(story(this, limits));
}

TEST_F(an_exporter, is_closed_in_time_although_the_collector_says_nothing) {
  auto limits = quick;
  limits.close_grace = 10ms;
  auto story = [](an_exporter* self, exporter_limits rules) -> task<void> {
    collector there(self->loop.where(), {-1});
    exporter one(
        self->loop.where(), {.service_name = "ostlerd", .version = "1", .daemon = "d"}, there.to(),
        [self](std::string const& text) { self->said.push_back(text); }, rules);
    one.take(one_span("first"));
    co_await async::test::others_run();
    co_await one.close();
    co_await there.leave();
  };
  loop.run(story(this, limits));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said.front().starts_with("1 spans were not told to")) << said.front();
}

}  // namespace
}  // namespace ostler::traces
