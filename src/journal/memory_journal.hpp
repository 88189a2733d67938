// A journal without a disk, for the simulation and for tests of what stands on a journal.
//
// It makes the moment of durability visible: what was committed waits until the owner calls flush(), and
// crash() forgets exactly what still waits, as a real machine would. One thread, no clock, no chance.
#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <unordered_map>
#include <vector>

#include "journal/journal.hpp"
#include "journal/numbering.hpp"

namespace ostler::journal {

enum class number_check : std::uint8_t {
  on,   // a number that does not follow on stops the program
  off,  // numbers are kept as they come, for a checker that wants to find the mistake by itself
};

class memory_journal final : public journal {
 public:
  static constexpr auto all = std::numeric_limits<std::size_t>::max();

  explicit memory_journal(number_check check = number_check::on) : check_(check) {}

  void commit(transaction change, committed done) override;
  sequence begin_again() override;
  using journal::load;
  result<contents> load(std::string_view prefix) override;
  result<std::vector<event_record>> events(sequence after, std::size_t limit,
                                           std::optional<instance_id> instance = {}) override;
  result<std::vector<ledger_record>> ledger_of(instance_id instance) override;
  result<void> trim(retention rule, wall_time now) override;
  condition health() const override { return condition_; }

  // Keeps or refuses the first `most` of those that wait now, and tells each. What a callback commits waits
  // for the next flush. Returns how many were told.
  std::size_t flush(std::size_t most = all);
  std::size_t waiting() const { return waiting_.size(); }

  // The machine stops: what waits was never given, and nobody is told. What was flushed stays. A failed disk
  // is taken to be mended by the restart, a full one stays full.
  void crash();
  // From now on flush() refuses as a journal on a disk would.
  void set_condition(condition value) { condition_ = value; }

 private:
  struct pending {
    transaction change;
    committed done;
    // Given behind one that was refused, before its owner began again.
    std::optional<error> stale;
  };

  result<void> verdict(transaction const& change) const;
  void keep(transaction&& change);
  void keep(state_record&& record);
  void keep(ledger_record&& record);

  number_check check_;
  condition condition_ = condition::sound;
  std::deque<pending> waiting_;
  numbering numbers_;
  // Why everything is refused until its owner begins again.
  std::optional<error> refused_;
  std::map<std::string, std::string, std::less<>> states_;
  // Apart, because a start reads the open ones only and the released ones grow for ever.
  std::map<resource_id, ledger_record> open_;
  std::map<resource_id, ledger_record> released_;
  std::unordered_map<instance_id, std::vector<resource_id>> resources_;
  std::deque<event_record> events_;
};

}  // namespace ostler::journal
