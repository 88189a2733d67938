#include "journal/sqlite/reader.hpp"

#include <limits>
#include <utility>

#include "journal/retention.hpp"

namespace ostler::journal::sqlite {
namespace {

std::int64_t as_limit(std::size_t limit) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return limit > static_cast<std::size_t>(most) ? most : static_cast<std::int64_t>(limit);
}

failure bad_row() {
  // SQLITE_CORRUPT, which is not named here because this file needs nothing else of sqlite3.h.
  return {.code = 11, .os_error = 0, .text = "a row holds what no journal wrote"};
}

// Columns: resource, instance, status, body.
attempt<ledger_record> ledger_row(statement::use const& row) {
  auto const resource = resource_id::from_bytes(row.bytes_at(0));
  auto const instance = instance_id::from_bytes(row.bytes_at(1));
  if (!resource || !instance) return std::unexpected(bad_row());
  return ledger_record{.resource = *resource,
                       .instance = *instance,
                       .status = static_cast<ledger_status>(row.number_at(2)),
                       .body = std::string(row.text_at(3))};
}

// Columns: seq, time, instance, type, body.
attempt<event_record> event_row(statement::use const& row) {
  event_record record{.seq = static_cast<sequence>(row.number_at(0)),
                      .time = wall_time(milliseconds(row.number_at(1))),
                      .instance = {},
                      .type = std::string(row.text_at(3)),
                      .body = std::string(row.text_at(4))};
  if (row.is_null(2)) return record;
  auto const instance = instance_id::from_bytes(row.bytes_at(2));
  if (!instance) return std::unexpected(bad_row());
  record.instance = *instance;
  return record;
}

template <class Record, class Convert>
attempt<std::vector<Record>> all_rows(statement::use& query, Convert convert) {
  std::vector<Record> found;
  while (true) {
    auto const row = query.next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return found;
    attempt<Record> record = convert(query);
    if (!record) return std::unexpected(std::move(record.error()));
    found.push_back(std::move(*record));
  }
}

}  // namespace

result<std::unique_ptr<reader>> reader::open(std::filesystem::path const& file) {
  auto database = connection::open(file, access::read);
  if (!database) return std::unexpected(as_error(database.error(), file));
  auto opened = std::unique_ptr<reader>(new reader(std::move(*database), file));
  if (auto const prepared = opened->prepare(); !prepared)
    return std::unexpected(as_error(prepared.error(), file));
  return opened;
}

attempt<void> reader::prepare() {
  struct {
    statement& into;
    std::string_view sql;
  } const wanted[] = {
      {states_, "SELECT key, body FROM state WHERE key >= ? AND key < ? ORDER BY key"},
      {open_ledger_,
       "SELECT resource, instance, status, body FROM ledger WHERE status < 2 ORDER BY resource"},
      {ledger_of_,
       "SELECT resource, instance, status, body FROM ledger WHERE instance = ? ORDER BY resource"},
      {first_seq_, "SELECT min(seq) FROM event"},
      {last_seq_, "SELECT max(seq) FROM event"},
      {events_, "SELECT seq, time, instance, type, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?"},
      {events_of_,
       "SELECT seq, time, instance, type, body FROM event WHERE instance = ? AND seq > ? ORDER BY seq LIMIT "
       "?"},
      {first_young_, "SELECT seq FROM event WHERE seq <= ? AND time > ? ORDER BY seq LIMIT 1"},
  };
  if (auto only = database_.run("PRAGMA query_only = ON"); !only) return only;
  for (auto const& [into, sql] : wanted) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    into = std::move(*prepared);
  }
  return {};
}

result<contents> reader::load(std::string_view prefix) {
  std::scoped_lock const held(mutex_);
  contents all;
  // One transaction, so that all parts are of one moment.
  auto loaded = database_.run("BEGIN");
  if (loaded) loaded = load_into(all, prefix);
  auto const ended = database_.run("COMMIT");
  if (!loaded) return std::unexpected(as_error(loaded.error(), file_));
  if (!ended) return std::unexpected(as_error(ended.error(), file_));
  return all;
}

attempt<void> reader::load_into(contents& all, std::string_view prefix) {
  auto query_states = states_.once();
  // No byte of a key sorts behind this one.
  auto const end = std::string(prefix) + '\xff';
  query_states.text(prefix).text(end);
  auto states = all_rows<state_record>(query_states, [](statement::use const& row) -> attempt<state_record> {
    return state_record{std::string(row.text_at(0)), std::string(row.text_at(1))};
  });
  if (!states) return std::unexpected(std::move(states.error()));
  auto query_ledger = open_ledger_.once();
  auto ledger = all_rows<ledger_record>(query_ledger, ledger_row);
  if (!ledger) return std::unexpected(std::move(ledger.error()));
  auto const first = one_seq(first_seq_);
  if (!first) return std::unexpected(first.error());
  auto const last = one_seq(last_seq_);
  if (!last) return std::unexpected(last.error());
  all = {std::move(*states), std::move(*ledger), first->value_or(0), last->value_or(0)};
  return {};
}

attempt<std::optional<sequence>> reader::one_seq(statement const& query) {
  auto use = query.once();
  auto const row = use.next();
  if (!row) return std::unexpected(row.error());
  if (!*row || use.is_null(0)) return std::nullopt;
  return static_cast<sequence>(use.number_at(0));
}

result<std::vector<event_record>> reader::events(sequence after, std::size_t limit,
                                                 std::optional<instance_id> instance) {
  std::scoped_lock const held(mutex_);
  auto query = (instance ? events_of_ : events_).once();
  auto const id = instance.value_or(instance_id()).bytes();
  if (instance) query.bytes(id);
  // Numbers beyond what SQLite can count are beyond every event.
  query.number(as_limit(after)).number(as_limit(limit));
  auto found = all_rows<event_record>(query, event_row);
  if (!found) return std::unexpected(as_error(found.error(), file_));
  return std::move(*found);
}

result<std::vector<ledger_record>> reader::ledger_of(instance_id instance) {
  std::scoped_lock const held(mutex_);
  auto query = ledger_of_.once();
  auto const id = instance.bytes();
  query.bytes(id);
  auto found = all_rows<ledger_record>(query, ledger_row);
  if (!found) return std::unexpected(as_error(found.error(), file_));
  return std::move(*found);
}

result<reader::droppable> reader::find_droppable(retention rule, wall_time now) {
  std::scoped_lock const held(mutex_);
  auto const refuse = [&](failure const& why) { return std::unexpected(as_error(why, file_)); };
  auto const first = one_seq(first_seq_);
  if (!first) return refuse(first.error());
  auto const last = one_seq(last_seq_);
  if (!last) return refuse(last.error());
  if (!*first || !*last) return droppable{};

  // There is no gap, so numbers are counts.
  auto const bounds = retention_bounds(rule, now);
  auto const beyond = [&](std::size_t kept) { return **last > kept ? **last - kept : 0; };
  auto through = beyond(bounds.most);
  if (auto const may_go = beyond(bounds.least); may_go > through) {
    auto query = first_young_.once();
    query.number(as_limit(may_go)).number(bounds.old.time_since_epoch().count());
    auto const young = query.next();
    if (!young) return refuse(young.error());
    auto const old_through = *young ? static_cast<sequence>(query.number_at(0)) - 1 : may_go;
    through = std::max(through, old_through);
  }
  return droppable{.first = **first, .through = through};
}

}  // namespace ostler::journal::sqlite
