#include "traces/collector.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "async/deadline.hpp"

namespace ostler::traces {
namespace {

namespace asio = boost::asio;

constexpr auto as_answer = asio::experimental::as_tuple(asio::use_awaitable);
constexpr std::size_t status_line_max = 4096;

std::unexpected<error> failed_to(std::string_view what, endpoint const& to, std::string const& why) {
  return fail(error_code::link_failed, fmt::format("{} {} failed: {}", what, to.authority, why));
}

// "HTTP/1.1 200 OK"
result<int> status_in(std::string_view line, endpoint const& to) {
  constexpr std::string_view begin = "HTTP/1.";
  constexpr std::size_t at = begin.size() + 2;
  int status = 0;
  bool const fits = line.starts_with(begin) && line.size() >= at + 3;
  if (fits) std::from_chars(line.data() + at, line.data() + at + 3, status);
  if (status < 100) return failed_to("reading the answer of", to, "it is no HTTP");
  return status;
}

task<result<int>> converse(endpoint to, std::string request) {
  auto const where = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(where);
  auto const [unknown, found] = co_await resolver.async_resolve(to.host, to.port, as_answer);
  if (unknown) co_return failed_to("looking up", to, unknown.message());
  asio::ip::tcp::socket socket(where);
  auto const [unreached, reached] = co_await asio::async_connect(socket, found, as_answer);
  if (unreached) co_return failed_to("connecting to", to, unreached.message());
  auto const [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), as_answer);
  if (unsent) co_return failed_to("writing to", to, unsent.message());
  std::string answer;
  auto into = asio::dynamic_buffer(answer, status_line_max);
  auto const [unread, size] = co_await asio::async_read_until(socket, into, "\r\n", as_answer);
  if (unread) co_return failed_to("reading the answer of", to, unread.message());
  co_return status_in(std::string_view(answer).substr(0, size), to);
}

}  // namespace

post_fate fate_of(int status) {
  if (status >= 200 && status < 300) return post_fate::taken;
  bool const passes = status == 429 || status == 502 || status == 503 || status == 504;
  return passes ? post_fate::try_again : post_fate::refused;
}

task<result<int>> post_json(endpoint to, std::string body, milliseconds limit) {
  auto request = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      to.path, to.authority, body.size(), body);
  auto what = fmt::format("telling traces to {}", to.authority);
  auto work = converse(std::move(to), std::move(request));
  co_return co_await async::with_deadline<int>(limit, std::move(what), std::move(work));
}

}  // namespace ostler::traces
