#include "agents/websocket_socket.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "base/name.hpp"
#include "wire/websocket_frame.hpp"
#include "wire/websocket_handshake.hpp"

namespace ostler::agents {
namespace {

// Of an agent server that reads nothing: so much waits for it, and so long.
constexpr std::size_t unsent_max = 1UL * 1024 * 1024;
constexpr milliseconds write_limit{30s};
// For the other side to hear our goodbye.
constexpr milliseconds farewell_limit{2s};
constexpr std::size_t head_max = 16UL * 1024;

std::unexpected<error> failed(std::string why) { return fail(error_code::link_failed, std::move(why)); }

// What the socket and the coroutine that sends both hold. shared_ptr, because either may end first.
struct connection {
  connection(websocket_needs const& needs, std::unique_ptr<byte_stream> below)
      : over(std::move(below)), luck(needs.luck), changed(needs.where) {}

  // False when there is no room for it.
  bool put(wire::websocket_kind kind, std::string_view payload) {
    bool const is_goodbye = kind == wire::websocket_kind::close;
    bool const is_full = !is_goodbye && out.size() + payload.size() > unsent_max;
    if (goodbye || broken || is_full) return false;
    goodbye = is_goodbye;
    wire::write_websocket(out, kind, payload, static_cast<std::uint32_t>(luck()));
    changed.ring();
    return true;
  }
  void put_goodbye(wire::websocket_close code, std::string_view why) {
    put(wire::websocket_kind::close, wire::websocket_close_payload(code, why));
  }

  std::unique_ptr<byte_stream> over;
  std::function<std::uint64_t()> luck;
  async::bell changed;
  std::string out;
  // Nothing follows a goodbye.
  bool goodbye = false;
  std::optional<error> broken;
  // Nobody receives any more.
  bool abandoned = false;
};

async::task<result<void>> send_all(connection* it) {
  for (;;) {
    if (it->out.empty()) {
      if (it->goodbye) co_return result<void>{};
      co_await it->changed.heard();
      continue;
    }
    auto const piece = std::exchange(it->out, {});
    auto writing = it->over->write(piece);
    auto done = co_await async::with_deadline(write_limit, "sending to the agent server", std::move(writing));
    if (!done) co_return done;
  }
}

async::task<void> until_left(connection* it) {
  while (!it->abandoned) co_await it->changed.heard();
  // A stream that is given up takes along what has not arrived yet.
  for (;;) {
    auto const piece = co_await it->over->read();
    if (!piece || !*piece) co_return;
  }
}

async::task<void> send_and_leave(std::shared_ptr<connection> it) {
  auto const sent = co_await send_all(it.get());
  if (sent) {
    it->over->end();
    auto leaving = until_left(it.get());
    co_await async::race(farewell_limit, std::move(leaving));
  } else {
    it->broken = sent.error();
  }
  // Whoever still receives hears the end of it.
  it->over->give_up();
}

class websocket_socket final : public text_socket {
 public:
  websocket_socket(std::shared_ptr<connection> it, std::string_view rest)
      : it_(std::move(it)), reader_(wire::websocket_role::server) {
    take(rest);
  }
  ~websocket_socket() override {
    it_->put_goodbye(wire::websocket_close::going_away, {});
    it_->abandoned = true;
    it_->changed.ring();
  }

  async::task<result<std::optional<std::string>>> receive() override {
    for (;;) {
      if (heard_at_ < heard_.size()) {
        auto said = hear(std::move(heard_[heard_at_++]));
        if (!said || *said || ended_) co_return said;
        continue;
      }
      heard_.clear();
      heard_at_ = 0;
      if (offence_) {
        it_->put_goodbye(offence_->code, offence_->why);
        co_return failed(fmt::format("the agent server does not keep to the protocol: {}", offence_->why));
      }
      auto const piece = co_await it_->over->read();
      if (it_->broken) co_return std::unexpected(*it_->broken);
      if (!piece) co_return std::unexpected(piece.error());
      if (!*piece) co_return failed("the agent server went away without a goodbye");
      take(**piece);
    }
  }
  bool send(std::string_view text) override { return it_->put(wire::websocket_kind::text, text); }
  void close(parting how, std::string_view why) override { it_->put_goodbye(close_code(how), why); }

 private:
  void take(std::string_view bytes) { offence_ = reader_.read(as_bytes(bytes), heard_); }
  // Nothing, when it was not for the caller, or the last that is heard.
  result<std::optional<std::string>> hear(wire::websocket_heard&& message) {
    switch (message.kind) {
      case wire::websocket_kind::text: return std::optional(std::move(message.data));
      case wire::websocket_kind::ping:
        // Who pings without reading the answers gets no more of them than fit.
        it_->put(wire::websocket_kind::pong, message.data);
        return std::nullopt;
      case wire::websocket_kind::close: return closed(message.data);
      case wire::websocket_kind::binary:
        it_->put_goodbye(wire::websocket_close::unsupported, "an agent speaks in texts");
        return fail(error_code::message_malformed, "the agent server sent bytes instead of a text");
      case wire::websocket_kind::pong:
      case wire::websocket_kind::more: break;
    }
    return std::nullopt;
  }
  result<std::optional<std::string>> closed(std::string_view reason) {
    ended_ = true;
    it_->put_goodbye(wire::websocket_close::normal, {});
    if (reason.empty()) return std::nullopt;
    return failed(fmt::format("the agent server closed the connection: {}", reason));
  }

  std::shared_ptr<connection> it_;
  wire::websocket_reader reader_;
  std::vector<wire::websocket_heard> heard_;
  // The first of them that is still to be told.
  std::size_t heard_at_ = 0;
  std::optional<wire::websocket_offence> offence_;
  bool ended_ = false;
};

// --- the upgrade ---

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_same_name(std::string_view one, std::string_view other) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::string_view header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    auto const line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    auto const colon = line.find(':');
    if (colon != line.npos && is_same_name(line.substr(0, colon), name))
      return trimmed(line.substr(colon + 1));
  }
  return {};
}

result<void> check_answer(std::string_view head, std::string_view key, websocket_target const& target) {
  auto const status = head.substr(0, head.find("\r\n"));
  bool const is_upgraded =
      status.starts_with("HTTP/1.1 101") && is_same_name(header(head, "upgrade"), "websocket");
  if (!is_upgraded)
    return failed(fmt::format("the agent server does not speak WebSocket at {}: it said {}", target.path,
                              in_quotes(status)));
  if (header(head, "sec-websocket-accept") == wire::websocket_accept(key)) return {};
  return failed(
      fmt::format("what answers at {} did not understand the question for a WebSocket", target.path));
}

// The head with its empty line, and what came behind it.
async::task<result<std::string>> read_head(byte_stream* from, std::size_t* size) {
  std::string all;
  for (;;) {
    if (auto const end = all.find("\r\n\r\n"); end != all.npos) {
      *size = end + 4;
      co_return all;
    }
    if (all.size() > head_max) co_return failed("the agent server answers with more than a head of HTTP");
    auto const piece = co_await from->read();
    if (!piece) co_return std::unexpected(piece.error());
    if (!*piece) co_return failed("the agent server closed the connection before it had answered");
    all += **piece;
  }
}

}  // namespace

async::task<result<std::unique_ptr<text_socket>>> open_websocket(websocket_needs needs,
                                                                 std::unique_ptr<byte_stream> over,
                                                                 websocket_target target) {
  auto const key = wire::websocket_key({needs.luck(), needs.luck()});
  auto const question = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ostler\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
      target.path, target.host, key);
  auto const asked = co_await over->write(question);
  if (!asked) co_return std::unexpected(asked.error());
  std::size_t size = 0;
  auto const answer = co_await read_head(over.get(), &size);
  if (!answer) co_return std::unexpected(answer.error());
  auto const head = std::string_view(*answer).substr(0, size);
  if (auto const fine = check_answer(head, key, target); !fine) co_return std::unexpected(fine.error());
  auto it = std::make_shared<connection>(needs, std::move(over));
  auto socket = std::make_unique<websocket_socket>(it, std::string_view(*answer).substr(size));
  if (!needs.tasks->spawn("what is sent to an agent server", [it] { return send_and_leave(it); }))
    co_return fail(error_code::cancelled, "the daemon is on its way down");
  co_return std::unique_ptr<text_socket>(std::move(socket));
}

}  // namespace ostler::agents
