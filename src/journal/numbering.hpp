// The rule that event numbers follow on without a gap, in one place for every journal.
//
// `kept` is the newest number that is in the journal, `given` the newest that a caller used. They differ
// while transactions wait, and after a refusal. Then the numbers between them are empty: the next transaction
// either goes on from `given`, and the journal fills the empty numbers, or starts again behind `kept`.
#pragma once

#include <cstddef>

#include "journal/journal.hpp"

namespace ostler::journal {

class numbering {
 public:
  // As after a start, when nothing waits and nothing was refused.
  void begin(sequence kept) { kept_ = given_ = kept; }

  // Takes in a transaction that now waits; false when its numbers do not follow on. `waiting` says whether
  // others wait whose answer is not known yet.
  bool give(transaction const& change, bool waiting) {
    if (change.events.empty()) return true;
    auto const first = change.events.front().seq;
    bool const follows = first == given_ + 1 || (!waiting && first == kept_ + 1);
    for (std::size_t i = 0; i < change.events.size(); ++i)
      if (change.events[i].seq != first + i) return false;
    if (follows) given_ = change.events.back().seq;
    return follows;
  }

  // All numbers up to `last` are in the journal now.
  void keep_through(sequence last) { kept_ = last; }

  sequence kept() const { return kept_; }
  sequence given() const { return given_; }

 private:
  sequence kept_ = 0;
  sequence given_ = 0;
};

// What fills the number of a refused event.
inline event_record refused_in_place_of(sequence seq, wall_time time) {
  return {.seq = seq, .time = time, .instance = {}, .type = std::string(refused_event), .body = "{}"};
}

}  // namespace ostler::journal
