// The pipes of a command without a terminal.
//
// All output goes into the log of the session, and from the same buffer to everybody who is attached. While
// somebody is, a pipe is read only as fast as he takes it, so that the command waits as it would for any
// reader, and nothing needs to be kept in memory; streams are held up one by one. With nobody attached it is
// read freely, and whoever comes later gets what is kept from the log first. A stream that could not give
// everything is not ended but cancelled, with the number of bytes that are missing.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "keeper/sessions/input_feed.hpp"
#include "keeper/sessions/kept_output.hpp"
#include "keeper/sessions/session_output.hpp"

namespace ostler::keeper {

// Our ends, none of which blocks; without `in` there is no input.
struct exec_pipes {
  system::fd in;
  system::fd out;
  system::fd err;
  std::string pending;
};

class exec_output final : public session_output {
 public:
  exec_output(output_needs needs, exec_pipes pipes);
  ~exec_output() override;

  result<void> attach(connection& by, wire::session_attach const& how) override;
  result<void> resize(connection const& by, wire::terminal_size size) override;
  void detach(error const& why) override;
  bool at_end() const override { return sources_[0].ended && sources_[1].ended; }
  void finish() override;
  int viewers() const override;
  void sweep() override;
  void hand_over(handed_session& to) override;

 private:
  struct source {
    explicit source(loop& on) : ready(on) {}
    log_stream stream = log_stream::out;
    system::fd from;
    watch ready;
    bool ended = false;
  };
  // One stream of one client.
  struct side {
    std::unique_ptr<channel> to;
    // Until he has what was read before he came.
    std::optional<kept_output> behind;
    std::uint64_t lost = 0;
    bool done = false;
    bool open() const { return to && !done && !to->closed(); }
  };
  using viewer = std::array<side, 2>;

  void start(source& from, log_stream stream, system::fd pipe);
  void add_side(side& to, std::size_t which, std::unique_ptr<channel> stream);
  void serve();
  void carry(std::size_t which);
  // How much may be read; all who are behind are brought on. Nothing while one of them still is.
  std::optional<std::size_t> room(std::size_t which);
  bool catch_up(side& one);
  void read(std::size_t which, std::size_t bytes_max);
  void pass(std::size_t which, byte_view bytes);
  void end(source& from);
  void end_sides(std::size_t which);

  output_needs needs_;
  input_feed feed_;
  std::array<source, 2> sources_;
  std::vector<std::unique_ptr<viewer>> viewers_;
  alarm go_on_;
  // What may be carried before others have their turn.
  std::size_t budget_ = 0;
  bool busy_ = false;
  bool again_ = false;
};

}  // namespace ostler::keeper
