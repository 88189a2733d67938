// The writing side of the file: what one transaction is in rows, and when the write-ahead log is emptied.
//
// Used by the writer thread alone. It knows no queue and no condition: it does what it is told once, and says
// how that failed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "journal/journal.hpp"
#include "journal/sqlite/connection.hpp"
#include "journal/sqlite/migration.hpp"

namespace ostler::journal::sqlite {

struct store_options {
  std::filesystem::path file;
  // The write-ahead log is copied into the database when it is longer than this.
  std::uint64_t log_bytes = 4 << 20;
  // Read every page, because the machine may have lost some of them.
  bool check_every_page = false;
  // Make the log as long as it will be, unless the space is needed.
  bool lengthen_log = true;
};

class store {
 public:
  // Opens the file, or makes it; discards what follows the last whole commit in the write-ahead log; brings
  // the schema up to date.
  static result<store> open(store_options options, std::span<migration const> steps = migrations());

  // All of them in one transaction of SQLite, durable when this returns. Nothing is kept when it fails.
  attempt<void> keep(std::span<transaction const* const> changes);
  attempt<void> drop_events(sequence through);
  // When the log is long enough. A failure says that the disk is full or failing; what was kept stays kept.
  attempt<void> checkpoint_when_due();
  // Leaves the log empty, so that the next start has nothing to recover.
  attempt<void> checkpoint_all();

  // The newest event, 0 when there is none.
  sequence last_seq() const { return last_seq_; }
  std::filesystem::path const& file() const { return options_.file; }

 private:
  store(connection database, store_options options)
      : database_(std::move(database)), options_(std::move(options)) {}
  result<void> recover(std::span<migration const> steps);
  result<void> check_pages();
  attempt<void> prepare();

  attempt<void> write(transaction const& change, sequence& last);
  attempt<void> write(state_record const& record);
  attempt<void> write(ledger_record const& record);
  attempt<void> write(event_record const& record);

  // Made first, so it goes after the statements that belong to it.
  connection database_;
  store_options options_;
  statement put_state_, remove_state_, put_ledger_, put_event_, drop_events_;
  sequence last_seq_ = 0;
  int due_at_frames_ = 0;
};

}  // namespace ostler::journal::sqlite
