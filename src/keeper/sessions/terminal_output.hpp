// A terminal of ours, and those who look at it.
//
// Everybody sees the same bytes, each from his own place in the scrollback. Whoever comes is given what is
// kept (scrollback.hpp), then what comes. The terminal has the size of him who typed, came or resized last.
//
// The program waits for the fastest viewer, so that a long listing reaches him whole; it does not wait for
// one who has taken nothing for a second, nor when nobody looks. A viewer who falls behind by more than the
// scrollback is told how much he has missed, and begins anew: his terminal is reset and given the replay.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keeper/sessions/input_feed.hpp"
#include "keeper/sessions/scrollback.hpp"
#include "keeper/sessions/session_output.hpp"

namespace ostler::keeper {

// Our end of it, which does not block.
struct terminal_start {
  system::fd ours;
  wire::terminal_size size;
  std::string pending;
  // Of a predecessor.
  std::string scrollback;
};

class terminal_output final : public session_output {
 public:
  terminal_output(output_needs needs, terminal_start with);
  ~terminal_output() override;

  result<void> attach(connection& by, wire::session_attach const& how) override;
  result<void> resize(connection const& by, wire::terminal_size size) override;
  void detach(error const& why) override;
  bool at_end() const override { return !ours_; }
  void finish() override;
  int viewers() const override;
  void sweep() override;
  void hand_over(handed_session& to) override;

 private:
  struct viewer {
    std::unique_ptr<channel> to;
    connection const* by = nullptr;
    std::optional<wire::terminal_size> size;
    // What comes before the rest: a replay. Sent up to here.
    std::string first;
    std::size_t first_sent = 0;
    // The place in the scrollback after it.
    std::uint64_t position = 0;
    instant moved_at{};
    bool done = false;
    bool open() const { return to && !done && !to->closed(); }
  };

  void ready();
  bool read_some();
  void end();
  void serve();
  void serve(viewer& one);
  void begin_anew(viewer& one) const;
  std::uint64_t lag(viewer const& one) const;
  // Reads on, or waits for the fastest viewer.
  void pace();
  void typed(viewer const& by);
  void use(wire::terminal_size size);

  output_needs needs_;
  input_feed feed_;
  system::fd ours_;
  watch watch_;
  alarm stalled_;
  wire::terminal_size size_;
  scrollback kept_;
  std::vector<std::unique_ptr<viewer>> viewers_;
  bool busy_ = false;
  bool again_ = false;
};

}  // namespace ostler::keeper
