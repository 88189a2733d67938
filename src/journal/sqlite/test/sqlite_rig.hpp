// The journal on a real file in a directory of its own, on a disk that can be told to fail.
#pragma once

#include <future>
#include <memory>

#include "journal/conformance/conformance.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/test/faulty_disk.hpp"
#include "journal/sqlite/test/scratch_directory.hpp"

namespace ostler::journal {

// Returns when all that was committed to `subject` until now was told.
inline void settle(journal& subject) {
  std::promise<void> told;
  subject.commit({}, [&told](result<void>) { told.set_value(); });
  told.get_future().wait();
}

class sqlite_rig final : public rig {
 public:
  explicit sqlite_rig(sqlite_options options = {}) : options_(std::move(options)) {
    options_.directory = scratch_.path() / "state";
    // Only what a test does moves anything.
    options_.probe_interval = std::chrono::hours(1);
    open();
  }

  journal& subject() override { return *journal_; }
  void settle() override { ostler::journal::settle(*journal_); }
  void reopen() override {
    journal_.reset();
    open();
  }
  void make(condition value) override {
    if (value == condition::full) disk_.fill(options_.directory / "journal.reserve");
    if (value == condition::failed) disk_.fail_syncs();
  }
  void clear_away() override { scratch_.remove(); }

  faulty_disk& disk() { return disk_; }
  std::filesystem::path const& directory() const { return options_.directory; }

 private:
  void open() {
    auto opened = sqlite_journal::open(options_);
    if (!opened) throw std::runtime_error(opened.error().message);
    journal_ = std::move(*opened);
  }

  scratch_directory scratch_;
  faulty_disk disk_;
  sqlite_options options_;
  std::unique_ptr<sqlite_journal> journal_;
};

}  // namespace ostler::journal
