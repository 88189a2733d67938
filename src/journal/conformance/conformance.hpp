// One suite for every journal. What stands on a journal is tried on the one in memory, so the two must not
// differ in anything that this suite can see.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <vector>

#include "journal/journal.hpp"

namespace ostler::journal {

// A journal and the hands that move its world.
class rig {
 public:
  rig() = default;
  rig(rig const&) = delete;
  rig& operator=(rig const&) = delete;
  virtual ~rig() = default;

  virtual journal& subject() = 0;
  // Returns when all that was committed until now was told.
  virtual void settle() = 0;
  // Stops and starts the journal as an orderly daemon does.
  virtual void reopen() = 0;
  // `sound` is how every rig starts. There is no way back.
  virtual void make(condition value) = 0;
  // Before the process dies on purpose: leave nothing behind.
  virtual void clear_away() = 0;
};

struct rig_kind {
  char const* name;
  std::unique_ptr<rig> (*make)();
};
inline void PrintTo(rig_kind const& kind, std::ostream* out) { *out << kind.name; }

// Hears answers from any thread.
class listener {
 public:
  journal::committed hear(sequence number);
  std::vector<sequence> kept() const;
  std::vector<sequence> refused() const;
  std::vector<error> errors() const;

 private:
  mutable std::mutex mutex_;
  std::vector<sequence> kept_, refused_;
  std::vector<error> errors_;
};

resource_id resource(std::uint64_t number);
instance_id instance(std::uint64_t number);
event_record event(sequence seq, instance_id about = {});
// One event, and its number under the key "newest".
transaction numbered(sequence seq, purpose why = purpose::growth);
std::vector<sequence> numbers_of(std::vector<event_record> const& events);

class conformance : public testing::TestWithParam<rig_kind> {
 protected:
  journal& subject() { return rig_->subject(); }
  void keep(transaction change);
  std::vector<sequence> kept_numbers();

  std::unique_ptr<rig> rig_ = GetParam().make();
  listener heard_;
};

}  // namespace ostler::journal
