// A server with both doors open, on a loop of its own thread, for clients that block.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/server.hpp"
#include "control/test/bound.hpp"
#include "control/test/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::control::test {

class open_door {
 public:
  // `bind` binds what the test is about; the rest is bound falsely by it.
  explicit open_door(std::function<void(bindings&, async::home const&)> bind, limits numbers = {}) {
    bind(answers, where());
    server_ = std::make_unique<server>(
        where(), answers, numbers, [this](std::string_view text) { return find ? find(text) : std::nullopt; },
        [this](std::string_view name, std::exception_ptr const&) { mistakes.emplace_back(name); });
    token_book book(random_digest(), {});
    admin = *book.add(first_token_name, token_scope::admin);
    reader = *book.add("reader", token_scope::read_only);
    server_->use_tokens(std::move(book));
    auto listeners = *listen_tcp(0);
    port = listeners.front().port;
    listeners.push_back(*listen_unix(path()));
    server_->open(std::move(listeners));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~open_door() { shut(); }
  open_door(open_door const&) = delete;
  open_door& operator=(open_door const&) = delete;

  // Closes the server in good order; what it answers comes before this returns.
  void shut(milliseconds grace = 0ms) {
    if (!thread_.joinable()) return;
    boost::asio::co_spawn(io_, server_->close(grace), boost::asio::use_future).get();
    working_.reset();
    thread_.join();
  }

  async::home where() { return io_.get_executor(); }
  std::string path() const { return (directory_ / "socket/door").string(); }
  raw_client by_tcp() const { return raw_client::tcp(port); }
  raw_client by_unix() const { return raw_client::unix_socket(path()); }

  // On the thread of the loop.
  template <class Function> auto on_loop(Function todo) {
    std::packaged_task<decltype(todo())()> task(std::move(todo));
    auto got = task.get_future();
    // Wrapped, because Asio takes a bare one for its own.
    boost::asio::post(io_, [&task] { task(); });
    return got.get();
  }
  door_counts counts() {
    return on_loop([this] { return server_->counts(); });
  }

  // Waits until it is so, and throws when it does not become so.
  void until(std::function<bool(door_counts const&)> const& so) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!so(counts())) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it did not become so");
      std::this_thread::yield();
    }
  }
  void until_nobody_is_there() {
    until([](door_counts const& now) { return now.open_tcp + now.open_unix + now.open_websockets == 0; });
  }

  // "GET /path" and further lines, with what every request needs.
  std::string request(std::string_view line, std::string_view more = {}, std::string_view body = {}) const {
    std::string out(line);
    out += " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\nAuthorization: Bearer " + admin +
           "\r\n";
    out += more;
    if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + std::string(body);
  }
  std::string upgrade(std::string_view path, std::string_view more = {}) const {
    return request("GET " + std::string(path),
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                       std::string(more));
  }

  std::uint16_t port = 0;
  std::string admin;
  std::string reader;
  bindings answers;
  instance_finder find;
  std::vector<std::string> mistakes;
  server& door() { return *server_; }

 private:
  ostler::test::temporary_directory directory_{"door"};
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> working_{io_.get_executor()};
  std::unique_ptr<server> server_;
  std::thread thread_;
};

}  // namespace ostler::control::test
