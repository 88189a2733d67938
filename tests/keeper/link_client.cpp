#include "tests/keeper/link_client.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::test {

system::fd connect_to(std::string const& socket_path) {
  system::fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket_path.size() >= sizeof address.sun_path)
    throw std::runtime_error("path too long: " + socket_path);
  socket_path.copy(address.sun_path, socket_path.size());
  if (::connect(made.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    throw std::runtime_error(fmt::format("connect {}: {}", socket_path, system::errno_text(errno)));
  return made;
}

link_client::link_client(std::string const& socket_path) : socket_(connect_to(socket_path)) {
  until([&] { return greeted_; }, "registered");
}

void link_client::hello(std::string const& token, std::uint64_t after_seq) {
  send_text(wire::to_json(wire::hello{.token = token, .after_seq = after_seq, .features = {}}));
}

void link_client::send_text(std::string_view control) {
  std::string out;
  wire::write_control(out, control);
  send_bytes(out);
}

void link_client::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const sent = system::uninterrupted(
        [&] { return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent < 0) {
      over_ = true;
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool link_client::try_send(std::string_view verb) {
  std::string out;
  wire::write_control(out, wire::request_text(++last_id_, verb, wire::nothing{}));
  return ::send(socket_.get(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(out.size());
}

bool link_client::pump(std::chrono::milliseconds wait) {
  pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (over_ || ::poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return false;
  auto const space = reader_.space();
  auto const got =
      system::uninterrupted([&] { return ::recv(socket_.get(), space.data(), space.size(), 0); });
  if (got <= 0) {
    over_ = true;
    return true;
  }
  reader_.filled(static_cast<std::size_t>(got));
  for (auto next = reader_.next(); next.value(); next = reader_.next()) take(**next);
  return true;
}

void link_client::take(wire::frame const& got) {
  if (got.kind != wire::frame_kind::control) {
    auto& stream = streams_[got.stream];
    if (got.kind == wire::frame_kind::data) stream.data += got.payload;
    if (got.kind == wire::frame_kind::end) stream.ended = true;
    if (got.kind == wire::frame_kind::cancel) stream.cancelled = std::string(got.payload);
    if (got.kind == wire::frame_kind::credit) stream.may_send += wire::credit_of(got).value_or(0);
    return;
  }
  auto const content = wire::message::parse(got.payload).value();
  if (content.id()) {
    answers_[*content.id()] = std::string(got.payload);
  } else if (content.type() == "event") {
    events_.push_back(content.as<wire::keeper_event>().value());
  } else if (content.type() == "registered") {
    greeting_ = content.as<wire::registered>().value();
    greeted_ = true;
  } else if (content.type() == "refused") {
    refusal_ = std::string(got.payload);
  }
}

void link_client::until(std::function<bool()> const& holds, std::string_view what) {
  auto const end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (over_)
      throw std::runtime_error(fmt::format("the keeper closed the link before: {} {}", what, refusal_));
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw std::runtime_error(fmt::format("waited in vain for: {}", what));
    pump(left);
  }
}

wire::message link_client::take_answer(std::uint64_t id) {
  auto const text = std::exchange(answers_[id], {});
  answers_.erase(id);
  return wire::message::parse(text).value();
}

wire::message link_client::answer_to(std::uint64_t id) {
  until([&] { return answers_.contains(id); }, fmt::format("the answer to request {}", id));
  auto answer = take_answer(id);
  if (auto const why = answer.refusal())
    throw std::runtime_error(fmt::format("refused: {} {}", facts(why->code).name, why->message));
  return answer;
}

wire::keeper_event link_client::event(std::function<bool(wire::keeper_event const&)> const& fits,
                                      std::string_view what) {
  std::optional<wire::keeper_event> found;
  until(
      [&] {
        while (!events_.empty() && !found) {
          if (fits(events_.front())) found = events_.front();
          events_.pop_front();
        }
        return found.has_value();
      },
      what);
  return *found;
}

wire::keeper_event link_client::fact(std::string_view fact, std::string_view service) {
  return event(
      [&](wire::keeper_event const& each) {
        return each.fact == fact && (service.empty() || each.service == service || each.session == service);
      },
      fmt::format("{} {}", fact, service));
}

void link_client::credit(std::uint32_t number, std::uint32_t bytes) {
  std::string out;
  wire::write_credit(out, number, bytes);
  send_bytes(out);
}

void link_client::write(std::uint32_t number, std::string_view bytes) {
  while (!bytes.empty()) {
    auto& stream = streams_[number];
    until([&] { return stream.may_send > 0 || stream.cancelled; }, "credit");
    if (stream.cancelled) return;
    auto const piece = bytes.substr(0, std::min<std::uint64_t>(stream.may_send, wire::data_size_max));
    std::string out;
    wire::write_frame(out, wire::frame_kind::data, number, piece);
    send_bytes(out);
    stream.may_send -= piece.size();
    bytes.remove_prefix(piece.size());
  }
}

void link_client::end(std::uint32_t number) {
  std::string out;
  wire::write_frame(out, wire::frame_kind::end, number, {});
  send_bytes(out);
}

void link_client::cancel(std::uint32_t number) {
  std::string out;
  wire::write_frame(out, wire::frame_kind::cancel, number, {});
  send_bytes(out);
}

std::string link_client::read_all(std::uint32_t number) {
  constexpr std::uint32_t window = 256 * 1024;
  credit(number, window);
  std::size_t granted_for = 0;
  auto& stream = streams_[number];
  until(
      [&] {
        auto const come = stream.data.size() - granted_for;
        if (come > window / 2) {
          credit(number, static_cast<std::uint32_t>(come));
          granted_for = stream.data.size();
        }
        return stream.ended || stream.cancelled;
      },
      fmt::format("the end of stream {}", number));
  return std::exchange(stream.data, {});
}

std::string link_client::sent_away() {
  until([&] { return over_; }, "being sent away");
  return refusal_;
}

}  // namespace ostler::test
