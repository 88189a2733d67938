#include "keeper/whole/port_verbs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "keeper/ports/ports.hpp"
#include "keeper/probes/loopback.hpp"
#include "system/failure.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint32_t window = 256UL * 1024;
constexpr std::size_t piece_size = 64UL * 1024;

// A stream of the link joined to a connection inside. Each side's end is passed on; neither waits for the
// other.
class forward_job final : public job {
 public:
  forward_job(loop& on, request asked, std::uint16_t port, std::unique_ptr<channel> stream)
      : asked_(asked),
        stream_(std::move(stream)),
        connecting_(on, {.connected = [this](system::fd made) { connected(std::move(made)); },
                         .failed =
                             [this](std::string why) {
                               give_up({error_code::link_failed, std::move(why), {}, {}});
                             }}),
        watch_(on) {
    stream_->on({.data = [this](std::string_view bytes) { kept_ += bytes, write(); },
                 .end = [this] { no_more_ = true, write(); },
                 .room = [this] { want(); }});
    connecting_.begin(port);
  }
  bool finished() const override { return stream_->closed() || over_; }

 private:
  void connected(system::fd made) {
    socket_ = std::move(made);
    auto const joined = watch_.join(socket_.get(), 0, [this](std::uint32_t events) { ready(events); });
    if (!joined) return give_up(joined.error());
    asked_.answer(wire::nothing{});
    answered_ = true;
    stream_->grant(window);
    want();
  }
  void give_up(error const& why) {
    over_ = true;
    watch_.leave();
    if (!std::exchange(answered_, true)) asked_.refuse(why);
    stream_->cancel(why);
    asked_.from().attend();
  }

  void ready(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) write();
    if (!over_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
    if (!over_) want();
  }
  void read() {
    if (read_end_ || stream_->may_send() == 0) return;
    std::array<char, piece_size> piece;
    auto const got = system::uninterrupted([&] {
      return ::recv(socket_.get(), piece.data(), std::min(piece.size(), stream_->may_send()), MSG_DONTWAIT);
    });
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got < 0)
      return give_up({error_code::link_failed,
                      "the other side closed the connection: " + system::errno_text(errno),
                      {},
                      {}});
    if (got > 0) return stream_->send({piece.data(), static_cast<std::size_t>(got)});
    read_end_ = true;
    stream_->end();
    end_if_both();
  }
  void write() {
    while (socket_ && !kept_.empty()) {
      auto const sent = system::uninterrupted(
          [&] { return ::send(socket_.get(), kept_.data(), kept_.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (sent < 0)
        return give_up({error_code::link_failed,
                        "the other side closed the connection: " + system::errno_text(errno),
                        {},
                        {}});
      kept_.erase(0, static_cast<std::size_t>(sent));
      stream_->grant(static_cast<std::uint32_t>(sent));
    }
    if (socket_ && kept_.empty() && no_more_ && !std::exchange(write_end_, true)) {
      ::shutdown(socket_.get(), SHUT_WR);
      end_if_both();
    }
    if (!over_) want();
  }
  void end_if_both() {
    if (!read_end_ || !write_end_) return;
    over_ = true;
    watch_.leave();
    asked_.from().attend();
  }
  void want() {
    if (!socket_ || over_ || !watch_.joined()) return;
    bool const in = !read_end_ && stream_->may_send() > 0;
    // A hang-up is told whether wanted or not; once both know, nobody listens for it.
    if (!in && kept_.empty() && read_end_) return watch_.leave();
    watch_.want((in ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                (kept_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT)));
  }

  request asked_;
  std::unique_ptr<channel> stream_;
  loopback_connect connecting_;
  system::fd socket_;
  watch watch_;
  std::string kept_;
  bool answered_ = false;
  bool no_more_ = false;
  bool read_end_ = false;
  bool write_end_ = false;
  bool over_ = false;
};

result<wire::listening_list> list_ports(service_set const& services) {
  port_table const table;
  auto const listeners = table.listeners();
  if (!listeners) return std::unexpected(listeners.error());
  struct member {
    service_host const* host;
    std::vector<pid_t> pids;
  };
  std::vector<member> members;
  for (auto const& each : services.all()) members.push_back({each.get(), each->members()});
  wire::listening_list out;
  for (auto const& each : *listeners) {
    auto const whole = text_of(each);
    wire::listening told{
        .address = whole.substr(0, whole.rfind(':')), .port = each.port, .pid = 0, .service = {}};
    for (auto const& [host, pids] : members) {
      auto const owner = table.owner_of(each.port, pids);
      if (!owner || owner->what != port_holder::kind::found) continue;
      told.pid = owner->pid;
      told.service = host->name();
      break;
    }
    // Those of others on the same machine are nobody's business.
    if (told.pid != 0) out.listeners.push_back(std::move(told));
  }
  return out;
}

}  // namespace

void offer_ports(server& door, loop& on, service_set& services) {
  door.offer<wire::nothing>("ports.list", [&services](request const& asked, wire::nothing const&) {
    auto const list = list_ports(services);
    list ? asked.answer(*list) : asked.refuse(list.error());
  });
  door.offer<wire::port_forward>(
      "ports.forward", [&on](request const& asked, wire::port_forward const& params) {
        if (params.port == 0)
          return asked.refuse({error_code::value_out_of_range, "port 0; allowed: 1 to 65535", {}, {}});
        auto stream = asked.from().open_channel(params.stream);
        if (!stream) return asked.refuse(stream.error());
        asked.from().take(std::make_unique<forward_job>(on, asked, params.port, std::move(*stream)));
      });
}

}  // namespace ostler::keeper
