// One client of the keeper: its frames, its requests, its streams, and its place in the story.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "keeper/ledger/ledger.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/channel.hpp"
#include "system/fd.hpp"
#include "wire/frame.hpp"
#include "wire/message.hpp"

namespace ostler::keeper {

class connection;

// Something that goes on for a client after its request was taken, and ends with the client at the latest.
class job {
 public:
  virtual ~job() = default;
  virtual bool finished() const = 0;
};

// A request, to be answered exactly once. May be kept by a job of the same connection.
class request {
 public:
  request(connection& from, std::uint64_t id) : from_(&from), id_(id) {}

  connection& from() const { return *from_; }
  template <class T> void answer(T const& value) const { say(wire::answer_text(id_, value)); }
  void refuse(error const& why) const { say(wire::refusal_text(id_, why)); }

 private:
  void say(std::string_view text) const;
  connection* from_;
  std::uint64_t id_;
};

// Who is at the other end, as the kernel says. Unknown for a stream that is no unix socket.
struct peer {
  pid_t pid = 0;
  uid_t uid = 0;
  bool known = false;
};

class connection {
 public:
  // What the server is asked. They outlive the connection.
  struct handlers {
    // A message that is neither an answer nor a request: hello, register, heartbeat, error.
    std::function<void(connection&, wire::message const&)> message;
    std::function<void(request const&, wire::message const&)> asked;
    // It has ended and is to be destroyed.
    std::function<void(connection&)> ended;
    // To be settled as soon as nobody is in the middle of using it.
    std::function<void()> attend;
  };

  connection(loop& on, ledger& story, system::fd socket, peer other, handlers const& what);
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;
  ~connection();

  peer const& other() const { return peer_; }
  instant came_at() const { return came_at_; }
  instant heard_at() const { return heard_at_; }
  bool over() const { return over_; }
  // Welcome since its hello; or an agent, which asks nothing.
  bool welcome = false;
  std::string agent;

  void send_message(std::string_view text);
  // Tells why, then closes when that was sent; the second time at once, for one that does not read.
  void send_away(error const& why);
  // From now on tells the events after this one.
  void tell_after(std::uint64_t seq);
  // There may be more to tell.
  void poke();
  // A job has finished, outside of any request.
  void attend() const { handlers_.attend(); }
  // Lets go of what has finished; destroys the connection itself when it has ended.
  void settle();

  result<std::unique_ptr<channel>> open_channel(std::uint32_t number);
  void take(std::unique_ptr<job> work) { jobs_.push_back(std::move(work)); }

 private:
  friend class channel;

  void ready(std::uint32_t events);
  void read();
  bool take_frame(wire::frame const& got);
  void take_control(std::string_view text);
  void take_stream_frame(wire::frame const& got);
  void malformed(std::string why);
  void flush();
  void tell_events();
  void offer_room();
  void want();
  void close();
  std::size_t pending() const { return out_.size() - out_sent_; }
  std::size_t room() const;

  ledger& story_;
  system::fd socket_;
  peer peer_;
  handlers const& handlers_;
  watch watch_;
  wire::frame_reader reader_;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::map<std::uint32_t, channel*> channels_;
  std::vector<std::unique_ptr<job>> jobs_;
  ledger::place told_;
  instant came_at_;
  instant heard_at_;
  bool telling_ = false;
  bool leaving_ = false;
  bool over_ = false;
  // Handlers run: nothing is destroyed under them.
  int busy_ = 0;
};

}  // namespace ostler::keeper
