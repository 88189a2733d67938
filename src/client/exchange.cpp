#include "client/exchange.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "wire/json.hpp"
#include "wire/websocket_handshake.hpp"

namespace ostler::client {
namespace {

constexpr std::size_t piece_size = 64UL * 1024;

bool may_be_asked_again(operations::operation_facts const& about, call_options const& options) {
  return about.idempotent || about.kind == operations::operation_kind::read || !options.key.empty();
}

std::string_view outcome(operations::operation_facts const& about, call_options const& options) {
  if (about.kind == operations::operation_kind::read) return "it changes nothing and may be asked again";
  if (!options.key.empty())
    return "whether it was done is not known; asking again with the same key does no harm";
  if (about.idempotent) return "whether it was done is not known; asking again does no harm";
  return "whether it was done is not known; asking again may do it twice";
}

}  // namespace

exchange::exchange(whereabouts::daemon_address const& where, operations::operation_facts const& about,
                   call_options const& options)
    : where_(where),
      about_(about),
      options_(options),
      end_(wait_end::after(options.limit, options.stop_fd)) {}

std::string exchange::head_of(operations::request_line const& line, std::string_view more) const {
  auto out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ostler\r\n", operations::name(line.method),
                  line.target, where_.socket.empty() ? where_.text() : "localhost");
  if (!where_.token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", where_.token);
  if (!options_.key.empty()) out += fmt::format("Idempotency-Key: {}\r\n", options_.key);
  out += more;
  out += "\r\n";
  return out;
}

result<void> exchange::begin(operations::request_line const& line, std::unique_ptr<stream> kept) {
  if (!is_field_value(options_.key))
    return fail(error_code::usage,
                fmt::format("{} is no key of a request: only letters, digits and signs of ASCII",
                            in_quotes(options_.key)));
  std::string more;
  if (!line.body.empty()) more = "Content-Type: application/json\r\n";
  if (!line.body.empty() || line.method != operations::http_method::get)
    more += fmt::format("Content-Length: {}\r\n", line.body.size());
  auto const bytes = head_of(line, more) + line.body;
  if (kept && kept->is_quiet()) {
    stream_ = std::move(kept);
    auto done = ask_once(bytes);
    // The other side may have closed it while the request was on its way.
    bool const was_closed = !done && done.error().code == error_code::answer_lost && !reader_.has_begun();
    if (!was_closed || !may_be_asked_again(about_, options_)) return done;
  }
  reader_ = {};
  asked_ = false;
  if (auto const dialled = dial(); !dialled) return dialled;
  return ask_once(bytes);
}

result<void> exchange::begin_with_bytes(operations::request_line const& line, bytes_giver const& give) {
  // What was given cannot be given again, so a connection from before is not relied on.
  if (auto const dialled = dial(); !dialled) return dialled;
  auto const head =
      head_of(line, fmt::format("Content-Type: {}\r\nTransfer-Encoding: chunked\r\n", about_.media));
  if (auto const sent = send(head); !sent) return sent;
  if (auto const sent = send_bytes(give); !sent) return sent;
  return await_answer();
}

result<void> exchange::begin_upgrade(operations::request_line const& line, std::string_view key) {
  if (auto const dialled = dial(); !dialled) return dialled;
  auto const head = head_of(line, fmt::format("Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n",
                                              key));
  if (auto const done = ask_once(head); !done) return done;
  auto const found = reader_.head();
  if (!found) return std::unexpected(found.error());
  if ((*found)->status == 101 && (*found)->get("sec-websocket-accept") == wire::websocket_accept(key))
    return {};
  return fail(error_code::message_malformed,
              fmt::format("what answers at {} does not speak WebSocket: it said {} to {}", where_.text(),
                          (*found)->status, about_.name));
}

result<void> exchange::dial() {
  auto dialled = stream::dial(where_, end_);
  if (!dialled) return std::unexpected(told(dialled.error()));
  stream_ = std::move(*dialled);
  return {};
}

result<void> exchange::ask_once(std::string_view bytes) {
  if (auto const sent = send(bytes); !sent) return sent;
  return await_answer();
}

// A connection that breaks while something is sent may still hold a refusal that says why.
result<void> exchange::send(std::string_view bytes) {
  if (cut_short_) return {};
  asked_ = true;
  auto const written = stream_->write(bytes, end_);
  if (!written && written.error().code != error_code::daemon_unreachable)
    return std::unexpected(told(written.error()));
  cut_short_ = !written || *written < bytes.size();
  return {};
}

result<void> exchange::send_bytes(bytes_giver const& give) {
  std::string piece(piece_size, '\0');
  while (!cut_short_) {
    auto const count = give(piece);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return send("0\r\n\r\n");
    auto const chunk = fmt::format("{:x}\r\n{}\r\n", *count, std::string_view(piece).substr(0, *count));
    if (auto const sent = send(chunk); !sent) return sent;
  }
  return {};
}

result<void> exchange::await_answer() {
  for (;;) {
    auto const found = reader_.head();
    if (!found) return std::unexpected(found.error());
    if (*found == nullptr) {
      if (auto const more = fill(); !more) return more;
      continue;
    }
    if ((*found)->is_success() || (*found)->status == 101) return {};
    return refusal();
  }
}

result<void> exchange::fill() {
  auto const count = stream_->read(reader_.space(), end_);
  if (!count) return std::unexpected(told(count.error()));
  if (*count == 0)
    return std::unexpected(told({error_code::daemon_unreachable, "the daemon ended the connection", {}, {}}));
  reader_.filled(*count);
  return {};
}

result<std::optional<std::string_view>> exchange::next_piece() {
  for (;;) {
    auto const piece = reader_.body();
    if (!piece || *piece || reader_.is_done()) return piece;
    if (auto const more = fill(); !more) return std::unexpected(more.error());
  }
}

result<void> exchange::refusal() {
  auto const status = (*reader_.head())->status;
  std::string text;
  while (text.size() <= wire::json_size_max) {
    auto const piece = next_piece();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) break;
    text += **piece;
  }
  auto const answer = wire::from_json<operations::error_answer>(text);
  if (answer && !answer->error.code.empty()) return std::unexpected(operations::heard(answer->error));
  return fail(error_code::message_malformed,
              fmt::format("{} was answered by {} with HTTP {} and no error of ours", about_.name,
                          where_.text(), status),
              in_quotes(text));
}

error exchange::told(error const& cause) const {
  // Before anything was sent, nothing was done.
  if (!asked_) return cause;
  if (cause.code == error_code::timed_out)
    return {.code = error_code::timed_out,
            .message = fmt::format("{} was not answered by the daemon at {} within {}; {}", about_.name,
                                   where_.text(), format_duration(options_.limit), outcome(about_, options_)),
            .detail = {},
            .hints = {}};
  if (cause.code != error_code::daemon_unreachable) return cause;
  return {.code = error_code::answer_lost,
          .message = fmt::format("the daemon at {} went away before it had answered {}: {}", where_.text(),
                                 about_.name, outcome(about_, options_)),
          .detail = cause.message,
          .hints = {}};
}

std::unique_ptr<stream> exchange::release() {
  auto const found = reader_.head();
  bool const upgraded = found && *found != nullptr && (*found)->status == 101;
  if (!upgraded && (cut_short_ || !reader_.keeps_connection())) return nullptr;
  return std::move(stream_);
}

}  // namespace ostler::client
