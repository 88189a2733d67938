// The journal of the daemon: a SQLite database in the state directory.
//
// Threads: every function may be called from any thread. commit() never waits; its callback comes on the
// writer's thread. load(), events() and ledger_of() read on the caller's thread and wait only for each other.
// trim() waits until it is done and must not be called from a callback. Destroying it keeps and tells all
// that was committed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "journal/journal.hpp"

namespace ostler::journal {

struct sqlite_options {
  std::filesystem::path directory;  // made when missing; its parent must exist
  // Held back for relief on a full disk. Without it a full disk may refuse deletes, too.
  std::uint64_t reserve_bytes = 8 << 20;
  // The write-ahead log is copied into the database when it is longer than this; it is never much longer than
  // four times as much.
  std::uint64_t log_bytes = 4 << 20;
  // How often a full disk is looked at for space.
  milliseconds probe_interval = 1s;
  // Told of every change of health(), on the writer's thread, before the answers that follow from it.
  std::function<void(condition)> on_condition;
};

class sqlite_journal final : public journal {
 public:
  // Refuses with state_locked (another daemon runs here), journal_newer, journal_damaged, storage_full or
  // storage_failed. A full disk is no reason to refuse when there is a reserve: the journal is then `full`.
  static result<std::unique_ptr<sqlite_journal>> open(sqlite_options options);
  ~sqlite_journal() override;

  void commit(transaction change, committed done) override;
  sequence begin_again() override;
  using journal::load;
  result<contents> load(std::string_view prefix) override;
  result<std::vector<event_record>> events(sequence after, std::size_t limit,
                                           std::optional<instance_id> instance = {}) override;
  result<std::vector<ledger_record>> ledger_of(instance_id instance) override;
  result<void> trim(retention rule, wall_time now) override;
  condition health() const override;
  // Syncs that commits have cost since the start: with the number of commits, how large the groups are.
  std::uint64_t groups() const;

 private:
  struct parts;
  explicit sqlite_journal(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace ostler::journal
