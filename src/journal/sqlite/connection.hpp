// SQLite with owners: a connection, a statement, one use of a statement, a transaction.
//
// Failures keep SQLite's extended code and the system's errno, because what follows depends on them: a full
// disk can be waited out, a failed sync cannot. They become errors of ours at the edge, in the words of
// `as_error`. A connection and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ostler::journal::sqlite {

struct failure {
  int code = 0;  // SQLite's extended result code
  int os_error = 0;
  std::string text;

  // No space is left, in whichever way the system says it.
  bool full() const;
  // Another process holds the file.
  bool busy() const;
  bool damaged() const;
};

template <class T> using attempt = std::expected<T, failure>;

// `file` names what was read or written.
error as_error(failure const& what, std::filesystem::path const& file);
// "… : 4096 bytes are free", for storage_full.
error full_error(std::filesystem::path const& file);

class statement {
 public:
  // One execution. Parameters and columns are taken in order; bound text and bytes must live until the end of
  // the use. The statement is ready for the next use when this one goes.
  class use {
   public:
    explicit use(sqlite3_stmt* compiled) : compiled_(compiled) {}
    use(use const&) = delete;
    use& operator=(use const&) = delete;
    ~use();

    use& number(std::int64_t value);
    use& text(std::string_view value);
    use& bytes(byte_view value);
    use& null();

    // For statements that return nothing.
    attempt<void> run();
    // True as long as there is a row.
    attempt<bool> next();

    bool is_null(int column) const;
    std::int64_t number_at(int column) const;
    std::string_view text_at(int column) const;
    byte_view bytes_at(int column) const;

   private:
    int step();
    sqlite3_stmt* compiled_;
    int parameter_ = 0;
    int bind_code_ = 0;
  };

  statement() = default;
  explicit statement(sqlite3_stmt* compiled) : compiled_(compiled) {}
  explicit operator bool() const { return compiled_ != nullptr; }
  use once() const { return use(compiled_.get()); }

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* compiled) const;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> compiled_;
};

enum class access : std::uint8_t { write, read };

class connection {
 public:
  // Opens, or for writing creates, the file. A connection never checkpoints by itself, neither after a commit
  // nor when it closes: a checkpoint syncs, and after a failed sync nothing may sync again.
  static attempt<connection> open(std::filesystem::path const& file, access how);

  attempt<void> run(char const* sql);
  attempt<void> run(std::string const& sql) { return run(sql.c_str()); }
  attempt<statement> prepare(std::string_view sql);
  // The first column of the first row.
  attempt<std::int64_t> number(std::string_view sql);
  attempt<std::string> text(std::string_view sql);

  struct checkpointed {
    int log_frames = 0;   // in the write-ahead log
    int kept_frames = 0;  // of them, copied into the database
  };
  enum class checkpoint_mode : std::uint8_t {
    passive,   // waits for nobody
    restart,   // waits for readers, so that the log starts over
    truncate,  // and leaves the log empty
  };
  attempt<checkpointed> checkpoint(checkpoint_mode mode);

  // Writes zeros where an empty write-ahead log will be, so that later commits change no sizes and a sync of
  // them takes half the time. The next sync brings them to the disk. What cannot be written is left.
  void lengthen_empty_log(std::uint64_t bytes);

  // In the write-ahead log after the newest commit of this connection.
  int log_frames() const { return *log_frames_; }

  sqlite3* raw() const { return database_.get(); }

 private:
  friend class write_transaction;
  attempt<void> run(statement& cached, std::string_view sql);

  struct closer {
    void operator()(sqlite3* database) const;
  };
  // SQLite keeps a pointer to it, so it has to stay where it is when the connection moves.
  std::unique_ptr<int> log_frames_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, closer> database_;
  // Each write needs them, so they are compiled once. Statements go before their database.
  statement begin_, commit_;
};

// Rolls back unless it was committed.
class write_transaction {
 public:
  static attempt<write_transaction> begin(connection& database);
  write_transaction(write_transaction&& other) noexcept;
  write_transaction& operator=(write_transaction&&) = delete;
  ~write_transaction();
  attempt<void> commit();

 private:
  explicit write_transaction(connection& database) : database_(&database) {}
  connection* database_;
};

}  // namespace ostler::journal::sqlite
