#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "async/deadline.hpp"
#include "async/process.hpp"
#include "async/scope.hpp"
#include "base/ensure.hpp"
#include "system/failure.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;
constexpr auto quietly = asio::experimental::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_size = 16UL * 1024;

struct pipe_ends {
  system::fd read;
  system::fd write;
};

result<pipe_ends> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
  return pipe_ends{.read = system::fd(ends[0]), .write = system::fd(ends[1])};
}

// A socket, because writing to a pipe whose reader is gone raises a signal, and a socket can be asked not to.
result<pipe_ends> make_input() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return system::fail_errno("make a socket pair");
  return pipe_ends{.read = system::fd(ends[0]), .write = system::fd(ends[1])};
}

// Our ends of what the program reads and writes.
struct conversation {
  conversation(home const& where, std::string text)
      : input(where), output(where), errors(where), told(std::move(text)) {}

  // Gives the program its ends.
  result<void> connect(process_request& request) {
    auto out = make_pipe();
    if (!out) return std::unexpected(out.error());
    auto err = make_pipe();
    if (!err) return std::unexpected(err.error());
    if (!told.empty()) {
      auto in = make_input();
      if (!in) return std::unexpected(in.error());
      request.input = std::move(in->read);
      input.assign(in->write.release());
    }
    request.output = std::move(out->write);
    request.errors = std::move(err->write);
    output.assign(out->read.release());
    errors.assign(err->read.release());
    output.non_blocking(true);
    errors.non_blocking(true);
    return {};
  }

  asio::posix::stream_descriptor input;
  asio::posix::stream_descriptor output;
  asio::posix::stream_descriptor errors;
  std::string told;
  program_output heard;
  std::size_t output_max = 0;
};

void keep(conversation& with, std::string& into, std::string_view piece) {
  auto const room = with.output_max - into.size();
  into += piece.substr(0, room);
  with.heard.cut = with.heard.cut || piece.size() > room;
}

task<void> read_all(conversation* with, asio::posix::stream_descriptor* from, std::string* into) {
  std::array<char, piece_size> piece{};
  auto const space = asio::buffer(piece);
  for (;;) {
    auto const [ec, got] = co_await from->async_read_some(space, quietly);
    if (ec) co_return;
    keep(*with, *into, std::string_view(piece.data(), got));
  }
}

// What lies in the pipe when nobody of the program is left. Not until its end: a process that left the group
// may hold it open.
void read_rest(conversation& with, asio::posix::stream_descriptor& from, std::string& into) {
  std::array<char, piece_size> piece{};
  for (;;) {
    boost::system::error_code ec;
    auto const got = from.read_some(asio::buffer(piece), ec);
    if (ec) return;
    keep(with, into, std::string_view(piece.data(), got));
  }
}

task<void> write_all(conversation* with) {
  std::size_t sent = 0;
  while (sent < with->told.size()) {
    auto const [ec] = co_await with->input.async_wait(asio::posix::stream_descriptor::wait_write, quietly);
    if (ec) break;
    auto const wrote = ::send(with->input.native_handle(), with->told.data() + sent, with->told.size() - sent,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) break;
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
  }
  boost::system::error_code ignored;
  with->input.close(ignored);
}

task<result<process_end>> end_of(process* one) { co_return co_await one->wait(); }

}  // namespace

task<result<program_output>> run_program(process_request request, run_limits limits, std::string input) {
  auto const where = home(co_await asio::this_coro::executor);
  auto const with = std::make_unique<conversation>(where, std::move(input));
  with->output_max = limits.output_max;
  if (auto done = with->connect(request); !done) co_return std::unexpected(done.error());
  auto const what = request.argv.empty() ? std::string() : request.argv.front();

  std::exception_ptr thrown;
  scope talk(where, [&thrown](std::string_view, std::exception_ptr why) { thrown = std::move(why); });
  auto* const it = with.get();
  result<process_end> end;
  {
    auto started = process::start(where, std::move(request));
    if (!started) co_return std::unexpected(started.error());
    bool const begun = talk.spawn("output", [it] { return read_all(it, &it->output, &it->heard.out); }) &&
                       talk.spawn("errors", [it] { return read_all(it, &it->errors, &it->heard.errors); }) &&
                       (it->told.empty() || talk.spawn("input", [it] { return write_all(it); }));
    ensure(begun, "a scope that is not closed takes work");
    try {
      end = co_await with_deadline(limits.time, what, end_of(&*started));
    } catch (...) {
      thrown = std::current_exception();
    }
    // Here whoever is left of the group is killed and reaped.
  }
  // A cancelled caller would not get to an await any more.
  bool const threw = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await talk.close(0ms);
  co_await asio::this_coro::throw_if_cancelled(threw);
  if (thrown) std::rethrow_exception(thrown);
  read_rest(*with, with->output, with->heard.out);
  read_rest(*with, with->errors, with->heard.errors);
  if (!end) {
    end.error().detail = with->heard.errors;
    co_return std::unexpected(std::move(end.error()));
  }
  with->heard.end = *end;
  co_return std::move(with->heard);
}

}  // namespace ostler::async
