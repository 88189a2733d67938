#include "journal/sqlite/store.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ostler::journal::sqlite {
namespace {

constexpr std::uint64_t page_bytes = 4096;  // SQLite's own choice for a new file

std::filesystem::path log_of(std::filesystem::path const& file) { return file.string() + "-wal"; }

std::uint64_t size_of(std::filesystem::path const& file) {
  struct stat found{};
  return stat(file.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

// A new name is durable only when its directory is.
result<void> sync_directory(std::filesystem::path const& directory) {
  int const fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool const synced = fd >= 0 && fsync(fd) == 0;
  auto const code = errno;
  if (fd >= 0) close(fd);
  if (synced) return {};
  return fail(error_code::storage_failed,
              fmt::format("cannot sync the directory {}: {}", directory.string(), std::strerror(code)));
}

// Twice what is copied at once: a log that one long reader made longer is cut back to this.
std::string pragmas(std::uint64_t log_bytes) {
  return fmt::format(
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA journal_size_limit = {};"
      // What is deleted need not be overwritten: no secret ever comes here.
      "PRAGMA secure_delete = OFF;"
      "PRAGMA cache_size = -16384;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA trusted_schema = OFF",
      2 * log_bytes);
}

}  // namespace

result<store> store::open(store_options options, std::span<migration const> steps) {
  auto const file = options.file;
  bool const is_new = size_of(file) == 0;
  if (is_new && size_of(log_of(file)) > 0)
    return fail(error_code::journal_damaged,
                fmt::format("the journal {} is gone but its log {} is there; put the file back",
                            file.string(), log_of(file).string()),
                {}, {"see docs/how-to/journal.md"});
  auto database = connection::open(file, access::write);
  if (!database) return std::unexpected(as_error(database.error(), file));
  store opened(std::move(*database), std::move(options));
  if (auto const recovered = opened.recover(steps); !recovered) return std::unexpected(recovered.error());
  // SQLite syncs the directory when it makes a file, but takes no notice of a failure.
  if (auto const synced = sync_directory(file.parent_path()); !synced) return std::unexpected(synced.error());
  return opened;
}

result<void> store::recover(std::span<migration const> steps) {
  auto const refuse = [&](failure const& why) { return std::unexpected(as_error(why, options_.file)); };
  if (auto const set = database_.run(pragmas(options_.log_bytes)); !set) return refuse(set.error());
  if (options_.check_every_page)
    if (auto const sound = check_pages(); !sound) return sound;
  if (auto const current = migrate(database_, steps, options_.file); !current) return current;
  // After a failed sync the log may be readable without being on the disk. Copying it writes and syncs all of
  // it once more, so nothing is built upon that could still vanish. A full disk only puts this off.
  if (auto const copied = checkpoint_all(); !copied && !copied.error().full() && !copied.error().busy())
    return refuse(copied.error());
  // With a quarter more, for the group that makes it long enough to be copied.
  if (options_.lengthen_log) database_.lengthen_empty_log(options_.log_bytes + options_.log_bytes / 4);
  if (auto const prepared = prepare(); !prepared) {
    auto reason = as_error(prepared.error(), options_.file);
    // The version says that all tables are there.
    reason.code = error_code::journal_damaged;
    return std::unexpected(std::move(reason));
  }
  auto const last = database_.number("SELECT max(seq) FROM event");
  if (!last) return refuse(last.error());
  last_seq_ = static_cast<sequence>(*last);
  return {};
}

result<void> store::check_pages() {
  auto const found = database_.text("PRAGMA quick_check(1)");
  if (!found) return std::unexpected(as_error(found.error(), options_.file));
  if (*found == "ok") return {};
  return fail(error_code::journal_damaged,
              fmt::format("the journal {} is damaged: {}", options_.file.string(), *found), {},
              {"see docs/how-to/journal.md"});
}

attempt<void> store::prepare() {
  auto const make = [&](statement& into, std::string_view sql) -> attempt<void> {
    auto prepared = database_.prepare(sql);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    into = std::move(*prepared);
    return {};
  };
  struct {
    statement& into;
    std::string_view sql;
  } const wanted[] = {
      {put_state_,
       "INSERT INTO state (key, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"},
      {remove_state_, "DELETE FROM state WHERE key = ?"},
      {put_ledger_,
       "INSERT INTO ledger (resource, instance, status, body) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
       "SET instance = excluded.instance, status = excluded.status, body = excluded.body"},
      {put_event_, "INSERT INTO event (seq, time, instance, type, body) VALUES (?, ?, ?, ?, ?)"},
      {drop_events_, "DELETE FROM event WHERE seq <= ?"},
  };
  for (auto const& [into, sql] : wanted)
    if (auto made = make(into, sql); !made) return made;
  return {};
}

attempt<void> store::keep(std::span<transaction const* const> changes) {
  auto last = last_seq_;
  auto whole = write_transaction::begin(database_);
  if (!whole) return std::unexpected(std::move(whole.error()));
  for (auto const* change : changes)
    if (auto written = write(*change, last); !written) return written;
  if (auto kept = whole->commit(); !kept) return kept;
  last_seq_ = last;
  return {};
}

attempt<void> store::write(transaction const& change, sequence& last) {
  for (auto const& record : change.states)
    if (auto written = write(record); !written) return written;
  for (auto const& record : change.ledger)
    if (auto written = write(record); !written) return written;
  for (auto const& record : change.events) {
    last = record.seq;
    if (auto written = write(record); !written) return written;
  }
  return {};
}

attempt<void> store::write(state_record const& record) {
  if (!record.body) return remove_state_.once().text(record.key).run();
  return put_state_.once().text(record.key).text(*record.body).run();
}

attempt<void> store::write(ledger_record const& record) {
  auto const resource = record.resource.bytes();
  auto const instance = record.instance.bytes();
  return put_ledger_.once()
      .bytes(resource)
      .bytes(instance)
      .number(static_cast<std::int64_t>(record.status))
      .text(record.body)
      .run();
}

attempt<void> store::write(event_record const& record) {
  auto insert = put_event_.once();
  insert.number(static_cast<std::int64_t>(record.seq)).number(record.time.time_since_epoch().count());
  auto const instance = record.instance.bytes();
  if (record.instance)
    insert.bytes(instance);
  else
    insert.null();
  return insert.text(record.type).text(record.body).run();
}

attempt<void> store::drop_events(sequence through) {
  auto whole = write_transaction::begin(database_);
  if (!whole) return std::unexpected(std::move(whole.error()));
  if (auto dropped = drop_events_.once().number(static_cast<std::int64_t>(through)).run(); !dropped)
    return dropped;
  return whole->commit();
}

attempt<void> store::checkpoint_when_due() {
  auto const limit = static_cast<int>(options_.log_bytes / page_bytes);
  auto const frames = database_.log_frames();
  // Once all of it was copied, SQLite writes the log over from its start and counts from there.
  if (frames < limit) due_at_frames_ = limit;
  if (frames < due_at_frames_) return {};
  // A reader can keep the log from starting over. It is asked again when the log has grown by a quarter, and
  // waited for, as long as the busy timeout is, when the log is four times as long as it should be.
  due_at_frames_ = frames + limit / 4 + 1;
  auto const mode =
      frames < 4 * limit ? connection::checkpoint_mode::passive : connection::checkpoint_mode::restart;
  auto const done = database_.checkpoint(mode);
  if (done || done.error().busy()) return {};
  return std::unexpected(done.error());
}

attempt<void> store::checkpoint_all() {
  auto const done = database_.checkpoint(connection::checkpoint_mode::truncate);
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace ostler::journal::sqlite
