// Terminals and ports, talked to over a socket that is played.
#include <gtest/gtest.h>

#include "async/bell.hpp"
#include "tests/daemon/joined.hpp"
#include "tests/daemon/played_socket.hpp"

namespace ostler::test {
namespace {

using namespace operations;
using control::message_kind;

class conversations : public testing::Test {
 protected:
  // Talks over the socket while `client` plays the other side, until both have ended.
  template <class Operation>
  void talk(typename Operation::request const& request, played_socket& socket, async::task<void> client) {
    auto said = all_.answer_to(entry_of<Operation>, write_request<Operation>(request), joined::anybody());
    ASSERT_TRUE(said) << said.error().message;
    auto talk = std::get<control::conversation>(std::move(*said));
    bool ended = false;
    async::bell end(all_.needs().where);
    ASSERT_TRUE(all_.middle().tasks().spawn(
        "a conversation", [&]() -> async::task<void> { return run(talk(&socket), &ended, &end); }));
    all_.run_all(std::move(client));
    all_.run_all(until(&ended, &end));
  }

  joined all_;

 private:
  static async::task<void> run(async::task<void> talk, bool* ended, async::bell* end) {
    co_await std::move(talk);
    *ended = true;
    end->ring();
  }
  static async::task<void> until(bool const* ended, async::bell* end) {
    while (!*ended) co_await end->heard();
  }
};

async::task<void> type_and_leave(played_socket* socket) {
  co_await socket->hear(message_kind::text, "\"type\":\"attached\"");
  socket->say(message_kind::binary, "echo see-$((40+2))\n");
  co_await socket->hear(message_kind::binary, "see-42");
  socket->say(message_kind::text, R"({"type":"resize","size":{"rows":30,"columns":90}})");
  co_await socket->hear(message_kind::text, R"("rows":30,"columns":90)");
  socket->leave();
}

async::task<void> type_the_end(played_socket* socket) {
  socket->say(message_kind::binary, "exit 4\n");
  co_await socket->hear(message_kind::text, R"("type":"exited")");
}

TEST_F(conversations, with_a_terminal_go_on_after_a_viewer_has_left) {
  all_.up("web", {playing("one", {"wait"})});
  auto const opened = all_.ask<terminals_open>({.instance = "web", .command = {"/bin/sh"}});
  ASSERT_TRUE(opened) << opened.error().message;
  terminal_view const asked{.instance = "web", .session = opened->id};
  auto& first = all_.socket();
  talk<terminals_attach>(asked, first, type_and_leave(&first));
  EXPECT_TRUE(all_.ask<sessions_list>({"web"})->sessions.front().running);
  auto& second = all_.socket();
  talk<terminals_attach>(asked, second, type_the_end(&second));
  // What it showed before is shown to who comes later.
  EXPECT_NE(second.said(message_kind::binary).find("see-42"), std::string::npos);
  EXPECT_NE(second.said(message_kind::text).find(R"("how":"code","value":4)"), std::string::npos)
      << second.said(message_kind::text);
  EXPECT_TRUE(second.closed());
}

async::task<void> fetch(played_socket* socket) {
  socket->say(message_kind::binary, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  co_await socket->hear(message_kind::binary, "of the service");
  socket->leave();
}

TEST_F(conversations, reach_a_port_of_the_instance) {
  auto server = playing("server", {"http", "200", "of the service"});
  server.port.kind = wire::port_kind::automatic;
  server.ready.tcp = true;
  auto const web = all_.up("web", {server});
  ASSERT_TRUE(web.services.front().port);
  auto const ports = all_.ask<ports_list>({"web"});
  ASSERT_TRUE(ports) << ports.error().message;
  ASSERT_EQ(ports->ports.size(), 1U);
  EXPECT_EQ(ports->ports.front().service, "server");
  EXPECT_EQ(ports->ports.front().port, *web.services.front().port);
  auto& port = all_.socket();
  talk<ports_forward>({"web", *web.services.front().port}, port, fetch(&port));
}

TEST_F(conversations, are_refused_before_they_begin) {
  all_.up("web", {playing("one", {"wait"})});
  auto const code_of = [&](auto const& said) { return said ? error_code::usage : said.error().code; };
  EXPECT_EQ(code_of(all_.answer_to(entry_of<terminals_attach>,
                                   write_request<terminals_attach>({.instance = "web", .session = "s9"}),
                                   joined::anybody())),
            error_code::session_unknown);
  EXPECT_EQ(code_of(all_.answer_to(entry_of<ports_forward>, write_request<ports_forward>({"wob", 80}),
                                   joined::anybody())),
            error_code::instance_unknown);
}

}  // namespace
}  // namespace ostler::test
