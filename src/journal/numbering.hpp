// The rule that event numbers follow on without a gap, in one place for every journal.
//
// `kept` is the newest number that is in the journal, `given` the newest that a caller used. They differ
// while transactions wait, and after a refusal until the caller begins again.
#pragma once

#include <cstddef>

#include "journal/journal.hpp"

namespace ostler::journal {

class numbering {
 public:
  // As after a start, when nothing waits.
  void begin(sequence kept) { kept_ = given_ = kept; }
  // After a refusal.
  void begin_again() { given_ = kept_; }

  // Takes in a transaction that now waits; false when its numbers do not follow on.
  bool give(transaction const& change) {
    for (auto const& each : change.events)
      if (each.seq != ++given_) return false;
    return true;
  }

  // All numbers up to `last` are in the journal now.
  void keep_through(sequence last) { kept_ = last; }

  sequence kept() const { return kept_; }

 private:
  sequence kept_ = 0;
  sequence given_ = 0;
};

}  // namespace ostler::journal
