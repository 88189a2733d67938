// A keeper as it is shipped, on a directory of its own, and the plainest link to it: only texts are sought in
// what it tells, so that nothing of a client's own work is measured.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "system/fd.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_spec.hpp"
#include "wire/keeper_verbs.hpp"
#include "wire/message.hpp"

namespace ostler::bench {

// CLOCK_MONOTONIC in nanoseconds.
std::uint64_t now();
// A program that lies where ours does.
std::string beside_us(char const* name);

class kept_place {
 public:
  kept_place();
  kept_place(kept_place const&) = delete;
  kept_place& operator=(kept_place const&) = delete;
  // Whatever it held is gone afterwards.
  ~kept_place();

  wire::keeper_spec spec;
  std::string const& path() const { return path_; }
  std::string socket() const { return path_ + "/keep/keeper.sock"; }
  void start();
  pid_t keeper_pid() const;

 private:
  std::string path_;
};

class plain_link {
 public:
  // Has said hello, and hears all that happened.
  explicit plain_link(kept_place const& to);

  template <class Params> void ask(std::string_view verb, Params const& params) {
    std::string out;
    wire::write_control(out, wire::request_text(++last_id_, verb, params));
    send(out);
  }
  // So much of a stream may come.
  void credit(std::uint32_t stream, std::uint32_t bytes);
  // When the last order was sent.
  std::uint64_t sent_at() const { return sent_at_; }
  // When the text was read; what came up to it is dropped.
  std::uint64_t await(std::string_view text);

 private:
  void send(std::string_view bytes);

  system::fd socket_;
  std::uint64_t last_id_ = 0;
  std::uint64_t sent_at_ = 0;
  std::uint64_t read_at_ = 0;
  std::string came_;
};

}  // namespace ostler::bench
