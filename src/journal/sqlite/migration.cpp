#include "journal/sqlite/migration.hpp"

#include <fmt/format.h>

namespace ostler::journal::sqlite {
namespace {

// "Ostl", in the file header: tells our files from those of any other program that uses SQLite.
constexpr std::int64_t our_application_id = 0x4f73'746c;

attempt<void> take_steps(connection& database, std::span<migration const> steps, std::int64_t version) {
  for (auto const& step : steps) {
    if (step.version <= version) continue;
    if (auto const taken = database.run(std::string(step.sql)); !taken) return taken;
  }
  if (auto const marked = database.run(fmt::format("PRAGMA application_id = {}", our_application_id));
      !marked)
    return marked;
  return database.run(fmt::format("PRAGMA user_version = {}", steps.back().version));
}

}  // namespace

result<void> migrate(connection& database, std::span<migration const> steps,
                     std::filesystem::path const& file) {
  auto const refuse = [&](failure const& why) { return std::unexpected(as_error(why, file)); };

  auto const version = database.number("PRAGMA user_version");
  if (!version) return refuse(version.error());
  auto const owner = database.number("PRAGMA application_id");
  if (!owner) return refuse(owner.error());
  auto const tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return refuse(tables.error());

  if (*tables > 0 && *owner != our_application_id)
    return fail(error_code::journal_damaged,
                fmt::format("{} is a database of another program, not a journal", file.string()), {},
                {"see docs/how-to/journal.md"});
  auto const newest = steps.back().version;
  if (*version > newest)
    return fail(error_code::journal_newer,
                fmt::format("the journal {} has schema {}; this program knows schemas up to {}",
                            file.string(), *version, newest));
  if (*version == newest) return {};

  auto change = write_transaction::begin(database);
  if (!change) return refuse(change.error());
  if (auto const taken = take_steps(database, steps, *version); !taken) return refuse(taken.error());
  if (auto const kept = change->commit(); !kept) return refuse(kept.error());
  return {};
}

}  // namespace ostler::journal::sqlite
