// A daemon that says what a test wants it to say: raw bytes over a unix socket, one handler for each
// connection, in the order in which they come.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "system/fd.hpp"
#include "tests/support/temporary_directory.hpp"
#include "whereabouts/whereabouts.hpp"
#include "wire/websocket_frame.hpp"

namespace ostler::client::test {

// The other end of one connection. Every read ends after a generous time, with a failure of the test.
class peer {
 public:
  explicit peer(system::fd connected) : fd_(std::move(connected)) {}

  // Head and body of the next request, as they came; a body in chunks with its chunks.
  std::string request();
  void send(std::string_view bytes);
  // An answer with a length.
  void answer(int status, std::string_view body);
  // Takes the upgrade, and gives the request.
  std::string upgrade();
  void say(std::string_view text) { say(wire::websocket_kind::text, text); }
  void say(wire::websocket_kind kind, std::string_view payload);
  // The next message of the client.
  std::pair<wire::websocket_kind, std::string> hear();
  // Until the client has gone.
  void await_end();
  void close() { fd_.reset(); }

 private:
  // False at the end.
  bool read_more();

  system::fd fd_;
  std::string read_;
  wire::websocket_reader reader_{wire::websocket_role::client};
  std::vector<wire::websocket_heard> heard_;
};

using handler = std::function<void(peer&)>;

class false_daemon {
 public:
  explicit false_daemon(std::vector<handler> handlers);
  false_daemon(false_daemon const&) = delete;
  false_daemon& operator=(false_daemon const&) = delete;
  // Waits until every handler has run; a connection that never comes fails the test.
  ~false_daemon();

  whereabouts::daemon_address address() const;

 private:
  void serve();

  ostler::test::temporary_directory const made_in_{"client"};
  std::string directory_ = made_in_.text();
  std::vector<handler> handlers_;
  system::fd listening_;
  std::thread thread_;
};

}  // namespace ostler::client::test
