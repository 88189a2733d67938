// Carries what a service prints from its FIFO into its log, and past whoever listens.
//
// A writer that is faster than the disk waits, as it would before a file; nothing is thrown away here. While
// little is said a pump reads 64 KiB at a time from a FIFO of the usual size. A FIFO that was found full is
// made larger, and read with a buffer as large. All pumps of a keeper share one buffer, which is given back
// to the system when nobody has said anything for a while.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "keeper/logs/intake.hpp"
#include "keeper/logs/log_store.hpp"
#include "keeper/loop/loop.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class pump {
 public:
  // The bytes are valid during the call only. It may not destroy the pump.
  using listener = intake::listener;
  using ended = std::function<void()>;

  // `log` names the store for a keeper that comes after us. All of them must outlive the pump.
  pump(loop& owner, intake& reads, log_store& store, std::string log, log_stream stream);

  // Reads `from`, the keeper's end of a FIFO, from now on. `at_end` is called once when nobody holds the
  // other end any more; the pump has stopped by then, and may be started again for the next life of the
  // service.
  result<void> start(system::fd from, ended at_end = {});
  // Leaves what is still in the FIFO there.
  void stop();
  bool running() const { return static_cast<bool>(from_); }
  void listen(listener told) { told_ = std::move(told); }

  // Takes what is there now, for one whose writer has exited: returns false when somebody else still holds
  // the other end. Bounded, so that a descendant that goes on printing cannot hold us: `bytes_max` at most.
  bool drain_now(std::size_t bytes_max = 64 * lent_memory::size);

 private:
  intake::found read_some(std::size_t bytes_max);
  void ready();
  void finish();
  void grow();

  watch watch_;
  intake* reads_;
  log_store* store_;
  std::string log_;
  log_stream stream_;
  system::fd from_;
  ended at_end_;
  listener told_;
  std::size_t read_size_ = 0;
  bool may_grow_ = true;
};

}  // namespace ostler::keeper
