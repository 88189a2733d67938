#include "journal/sqlite/sqlite_journal.hpp"

#include <utility>

#include "journal/sqlite/reader.hpp"
#include "journal/sqlite/writer.hpp"

namespace ostler::journal {

struct sqlite_journal::parts {
  // The reader goes first: while it is open the writer could not leave the log empty.
  std::unique_ptr<sqlite::writer> write;
  std::unique_ptr<sqlite::reader> read;
};

result<std::unique_ptr<sqlite_journal>> sqlite_journal::open(sqlite_options options) {
  auto const file = options.directory / "journal.db";
  auto write = sqlite::writer::start({.directory = std::move(options.directory),
                                      .reserve_bytes = options.reserve_bytes,
                                      .log_bytes = options.log_bytes,
                                      .probe_interval = options.probe_interval,
                                      .on_condition = std::move(options.on_condition)});
  if (!write) return std::unexpected(std::move(write.error()));
  auto read = sqlite::reader::open(file);
  if (!read) return std::unexpected(std::move(read.error()));
  return std::unique_ptr<sqlite_journal>(
      new sqlite_journal(std::make_unique<parts>(std::move(*write), std::move(*read))));
}

sqlite_journal::sqlite_journal(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
sqlite_journal::~sqlite_journal() = default;

void sqlite_journal::commit(transaction change, committed done) {
  parts_->write->commit(std::move(change), std::move(done));
}
sequence sqlite_journal::begin_again() { return parts_->write->begin_again(); }
result<contents> sqlite_journal::load(std::string_view prefix) { return parts_->read->load(prefix); }
result<std::vector<event_record>> sqlite_journal::events(sequence after, std::size_t limit,
                                                         std::optional<instance_id> instance) {
  return parts_->read->events(after, limit, instance);
}
result<std::vector<ledger_record>> sqlite_journal::ledger_of(instance_id instance) {
  return parts_->read->ledger_of(instance);
}
result<void> sqlite_journal::trim(retention rule, wall_time now) {
  auto const found = parts_->read->find_droppable(rule, now);
  if (!found) return std::unexpected(found.error());
  if (found->through < found->first) return {};
  return parts_->write->drop_events(found->first, found->through);
}
condition sqlite_journal::health() const { return parts_->write->health(); }
std::uint64_t sqlite_journal::groups() const { return parts_->write->groups(); }

}  // namespace ostler::journal
