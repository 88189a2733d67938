// All that happened, on disk before it is told, and kept until it is known elsewhere.
//
// One file of JSON lines. The first line may be a state (held_state.hpp) that stands for what was left out;
// every other line is an event, byte for byte the message that clients get. A client's place in the story is
// a place in this file, so that nothing is kept in memory for clients that are slow or away.
//
// What survives: a line is written before anybody is told, which survives the death of every process. It is
// synced only when nobody is there to be told, because whoever is told keeps it for himself. After a power
// cut another boot begins, nothing that we held lives, and an end that is missing here is called unknown.
//
// A full disk: space is reserved ahead. When even that is used up, events wait in memory, untold, and are
// written as soon as there is space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "keeper/ledger/held_state.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

class ledger {
 public:
  // Reads what is there. A last line that was not finished was never told; it is cut off.
  static result<ledger> open(int directory);

  held_state const& state() const { return state_; }
  // Numbers the event, stamps it, and writes it. The number it got.
  std::uint64_t append(wire::keeper_event event);
  std::uint64_t last_seq() const { return state_.seq; }
  // The oldest event that can be told.
  std::uint64_t oldest_seq() const { return oldest_seq_; }
  // Are there events that could not be written yet? Tries again.
  bool retry();
  bool waits_for_space() const { return !unwritten_.empty(); }
  // To the disk, beyond the page cache. Blocks.
  void sync();

  // Known elsewhere: may be left out, and is, when it is worth the work.
  void forget(std::uint64_t through_seq);

  // A reader's place. Starts before the first event with a higher number than `seq`.
  struct place {
    std::uint64_t seq = 0;
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;
  };
  static place after(std::uint64_t seq) { return {.seq = seq}; }
  // The next event's line without its end, or nothing when all was told. Valid until the next call.
  std::string_view next(place& from);
  bool at_end(place const& from) const { return from.epoch == epoch_ && from.offset == written_; }

 private:
  explicit ledger(int directory) : directory_(directory) {}

  result<void> load();
  void take_line(std::string_view line);
  bool write_line(std::string_view line);
  void reserve();
  void leave_out();
  std::string_view line_at(std::uint64_t offset);

  int directory_;
  system::fd file_;
  held_state state_;
  std::uint64_t oldest_seq_ = 1;
  std::uint64_t written_ = 0;
  std::uint64_t reserved_ = 0;
  // Changes whenever places in the file change.
  std::uint64_t epoch_ = 1;
  std::vector<std::string> unwritten_;
  // The piece of the file that was read last.
  std::string window_;
  std::uint64_t window_at_ = 0;
};

}  // namespace ostler::keeper
