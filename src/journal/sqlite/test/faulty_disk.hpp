// A disk that fails when told: SQLite's own file layer with two switches between it and SQLite.
//
// Real full file systems and real failing syncs are tried elsewhere; this one is for what must hold at an
// exact moment, and for counting.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

namespace ostler::journal {

class faulty_disk {
 public:
  // Takes the place of the default file layer as long as it lives; one at a time.
  faulty_disk();
  faulty_disk(faulty_disk const&) = delete;
  faulty_disk& operator=(faulty_disk const&) = delete;
  ~faulty_disk();

  // No write succeeds as long as the file `reserve` is there: what it takes is all that is left.
  void fill(std::filesystem::path reserve);
  void fail_syncs();
  void fail_writes();
  void mend();

  int syncs() const;
  int writes() const;

  // While it is held, nothing is synced: whoever would has to wait.
  std::unique_lock<std::mutex> hold_syncs();
};

}  // namespace ostler::journal
