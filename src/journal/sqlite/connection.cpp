#include "journal/sqlite/connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <utility>

namespace ostler::journal::sqlite {
namespace {

// Long enough for somebody's read-only look into the file, short enough that the queue does not grow long.
constexpr int busy_timeout_ms = 250;

int primary(int code) { return code & 0xff; }

int note_log_frames(void* frames, sqlite3*, char const*, int now) {
  *static_cast<int*>(frames) = now;
  return SQLITE_OK;
}

failure failure_of(sqlite3* database, int code) {
  return {.code = sqlite3_extended_errcode(database),
          .os_error = sqlite3_system_errno(database),
          .text = fmt::format("{} ({})", sqlite3_errmsg(database), sqlite3_errstr(code))};
}

}  // namespace

bool failure::full() const {
  if (primary(code) == SQLITE_FULL) return true;
  // A sync that reports a lack of space has lost what it should have kept: that is no full disk but a failed
  // one. Any other operation that could not get space has changed nothing.
  if (primary(code) != SQLITE_IOERR || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
    return false;
  return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG;
}

bool failure::busy() const { return primary(code) == SQLITE_BUSY; }

bool failure::damaged() const { return primary(code) == SQLITE_CORRUPT || primary(code) == SQLITE_NOTADB; }

error as_error(failure const& what, std::filesystem::path const& file) {
  auto detail = fmt::format("SQLite code {}", what.code);
  if (what.os_error != 0)
    detail += fmt::format(", errno {} ({})", what.os_error, std::strerror(what.os_error));
  if (what.full()) return full_error(file);
  if (what.damaged())
    return {error_code::journal_damaged,
            fmt::format("the journal {} is damaged: {}", file.string(), what.text),
            detail,
            {"see docs/how-to/journal.md"}};
  if (what.busy())
    return {error_code::storage_busy,
            fmt::format("another program holds the journal {}: {}", file.string(), what.text),
            detail,
            {fmt::format("fuser {}", file.string())}};
  return {error_code::storage_failed,
          fmt::format("the journal {} failed: {}", file.string(), what.text),
          detail,
          {}};
}

error full_error(std::filesystem::path const& file) {
  struct statvfs system{};
  auto const directory = file.parent_path().string();
  auto const known = statvfs(directory.c_str(), &system) == 0;
  auto const free = known ? system.f_bavail * system.f_frsize : 0;
  return {error_code::storage_full,
          fmt::format("the file system of {} is full: {} bytes are free", directory, free),
          {},
          {fmt::format("df {}", directory)}};
}

statement::use::~use() {
  sqlite3_reset(compiled_);
  sqlite3_clear_bindings(compiled_);
}

statement::use& statement::use::number(std::int64_t value) {
  bind_code_ |= sqlite3_bind_int64(compiled_, ++parameter_, value);
  return *this;
}

statement::use& statement::use::text(std::string_view value) {
  bind_code_ |= sqlite3_bind_text64(compiled_, ++parameter_, value.empty() ? "" : value.data(), value.size(),
                                    SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

statement::use& statement::use::bytes(byte_view value) {
  bind_code_ |= sqlite3_bind_blob64(compiled_, ++parameter_, value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

statement::use& statement::use::null() {
  bind_code_ |= sqlite3_bind_null(compiled_, ++parameter_);
  return *this;
}

int statement::use::step() { return bind_code_ != SQLITE_OK ? SQLITE_ERROR : sqlite3_step(compiled_); }

attempt<void> statement::use::run() {
  auto const code = step();
  if (code == SQLITE_DONE || code == SQLITE_ROW) return {};
  return std::unexpected(failure_of(sqlite3_db_handle(compiled_), code));
}

attempt<bool> statement::use::next() {
  auto const code = step();
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(failure_of(sqlite3_db_handle(compiled_), code));
}

bool statement::use::is_null(int column) const {
  return sqlite3_column_type(compiled_, column) == SQLITE_NULL;
}

std::int64_t statement::use::number_at(int column) const { return sqlite3_column_int64(compiled_, column); }

std::string_view statement::use::text_at(int column) const {
  auto const bytes = bytes_at(column);
  return as_text(bytes);
}

byte_view statement::use::bytes_at(int column) const {
  // The pointer first: asking for it may convert, and the size is that of what came out.
  auto const* data = static_cast<std::byte const*>(sqlite3_column_blob(compiled_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(compiled_, column))};
}

void statement::finalizer::operator()(sqlite3_stmt* compiled) const { sqlite3_finalize(compiled); }

void connection::closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

attempt<connection> connection::open(std::filesystem::path const& file, access how) {
  // The mutexes of SQLite are not needed, since one thread at a time uses a connection.
  int const flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (how == access::write ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  auto const code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  connection made;
  made.database_.reset(opened);
  if (opened == nullptr) return std::unexpected(failure{.code = SQLITE_NOMEM, .text = "out of memory"});
  if (code != SQLITE_OK) return std::unexpected(failure_of(opened, code));
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  // Taking the hook also takes away SQLite's own checkpoint after a commit, which uses it.
  sqlite3_wal_hook(opened, note_log_frames, made.log_frames_.get());
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return made;
}

attempt<void> connection::run(char const* sql) {
  auto const code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(failure_of(database_.get(), code));
}

attempt<void> connection::run(statement& cached, std::string_view sql) {
  if (!cached) {
    auto prepared = prepare(sql);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    cached = std::move(*prepared);
  }
  return cached.once().run();
}

attempt<statement> connection::prepare(std::string_view sql) {
  sqlite3_stmt* compiled = nullptr;
  auto const code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &compiled, nullptr);
  if (code == SQLITE_OK) return statement(compiled);
  return std::unexpected(failure_of(database_.get(), code));
}

attempt<std::int64_t> connection::number(std::string_view sql) {
  auto const prepared = prepare(sql);
  if (!prepared) return std::unexpected(prepared.error());
  auto query = prepared->once();
  auto const row = query.next();
  if (!row) return std::unexpected(row.error());
  return *row ? query.number_at(0) : 0;
}

attempt<std::string> connection::text(std::string_view sql) {
  auto const prepared = prepare(sql);
  if (!prepared) return std::unexpected(prepared.error());
  auto query = prepared->once();
  auto const row = query.next();
  if (!row) return std::unexpected(row.error());
  return *row ? std::string(query.text_at(0)) : std::string();
}

attempt<connection::checkpointed> connection::checkpoint(checkpoint_mode mode) {
  auto const how = mode == checkpoint_mode::passive   ? SQLITE_CHECKPOINT_PASSIVE
                   : mode == checkpoint_mode::restart ? SQLITE_CHECKPOINT_RESTART
                                                      : SQLITE_CHECKPOINT_TRUNCATE;
  checkpointed done;
  auto const code =
      sqlite3_wal_checkpoint_v2(database_.get(), nullptr, how, &done.log_frames, &done.kept_frames);
  if (code == SQLITE_OK) return done;
  return std::unexpected(failure_of(database_.get(), code));
}

void connection::lengthen_empty_log(std::uint64_t bytes) {
  sqlite3_file* log = nullptr;
  auto const code =
      sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (code != SQLITE_OK || log == nullptr || log->pMethods == nullptr) return;
  sqlite3_int64 size = 0;
  if (log->pMethods->xFileSize(log, &size) != SQLITE_OK || size != 0) return;
  static constexpr std::array<char, 64UL * 1024> zeros{};
  for (std::uint64_t at = 0; at < bytes; at += zeros.size())
    if (log->pMethods->xWrite(log, zeros.data(), static_cast<int>(zeros.size()),
                              static_cast<sqlite3_int64>(at)) != SQLITE_OK)
      return;
}

attempt<write_transaction> write_transaction::begin(connection& database) {
  // Immediate: whoever writes says so at once, instead of failing in the middle.
  if (auto const begun = database.run(database.begin_, "BEGIN IMMEDIATE"); !begun)
    return std::unexpected(begun.error());
  return write_transaction(database);
}

write_transaction::write_transaction(write_transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

write_transaction::~write_transaction() {
  if (database_ == nullptr) return;
  // SQLite has already rolled back by itself after some failures; then there is nothing to undo.
  if (sqlite3_get_autocommit(database_->raw()) == 0) static_cast<void>(database_->run("ROLLBACK"));
}

attempt<void> write_transaction::commit() {
  auto done = database_->run(database_->commit_, "COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace ostler::journal::sqlite
