// The reading side: a connection of its own, so that reads neither wait for a write nor stop with the disk.
//
// SQLite shows it a commit only after the sync, so nothing is read that could still be lost. From any thread,
// one read at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "journal/journal.hpp"
#include "journal/sqlite/connection.hpp"

namespace ostler::journal::sqlite {

class reader {
 public:
  static result<std::unique_ptr<reader>> open(std::filesystem::path const& file);

  result<contents> load(std::string_view prefix);
  result<std::vector<event_record>> events(sequence after, std::size_t limit,
                                           std::optional<instance_id> instance);
  result<std::vector<ledger_record>> ledger_of(instance_id instance);

  // What retention lets go: all events from `first` through `through`; nothing when `through` is less.
  struct droppable {
    sequence first = 1;
    sequence through = 0;
  };
  result<droppable> find_droppable(retention rule, wall_time now);

 private:
  reader(connection database, std::filesystem::path file)
      : database_(std::move(database)), file_(std::move(file)) {}
  attempt<void> prepare();
  attempt<void> load_into(contents& all, std::string_view prefix);
  attempt<std::optional<sequence>> one_seq(statement const& query);

  std::mutex mutex_;
  connection database_;
  std::filesystem::path file_;
  statement states_, open_ledger_, ledger_of_, first_seq_, last_seq_, events_, events_of_, first_young_;
};

}  // namespace ostler::journal::sqlite
