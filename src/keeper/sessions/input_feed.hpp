// Brings what clients send to the standard input of a command, or to its terminal, as fast as it is taken.
//
// Each client may have 64 KiB under way; it is granted more only when so much was written, so a command that
// does not read holds up those who send, and nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/serve/channel.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class input_feed {
 public:
  static constexpr std::uint32_t window = 64 * 1024;
  // What becomes of the descriptor when the last client has ended or is gone.
  enum class when_alone : std::uint8_t { close, keep };

  // `later` asks for a call of sweep() when nobody is in the middle of anything.
  input_feed(loop& on, std::function<void()> later);
  ~input_feed();
  input_feed(input_feed const&) = delete;
  input_feed& operator=(input_feed const&) = delete;

  // Does not block.
  void start(system::fd to, when_alone then, std::string pending = {});
  bool is_open() const { return static_cast<bool>(to_) && !closing_; }
  // Only while it is open. `typed` is called whenever bytes have come.
  void add(std::unique_ptr<channel> from, std::function<void()> typed = {});
  // The clients are sent away, and the descriptor stays open for those who come later.
  void detach(error const& why);
  // Nobody is to be ever heard again.
  void stop();
  void sweep();

  // For a successor. Whoever takes the descriptor owns it.
  system::fd release() { return std::move(to_); }
  std::string const& pending() const { return pending_; }

 private:
  struct source {
    std::unique_ptr<channel> from;
    std::function<void()> typed;
    bool over = false;
  };
  // So many bytes of what waits are this client's.
  struct debt {
    source* whose;
    std::size_t bytes;
  };

  void take(source& from, std::string_view bytes);
  void leave(source& who);
  void flush();
  void written(std::size_t bytes);
  void fail_all(error const& why);

  std::function<void()> later_;
  watch watch_;
  system::fd to_;
  when_alone then_ = when_alone::keep;
  bool closing_ = false;
  bool flushing_ = false;
  std::string pending_;
  std::deque<debt> owed_;
  std::vector<std::unique_ptr<source>> sources_;
};

}  // namespace ostler::keeper
