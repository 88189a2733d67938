// What is written down before anything is done, and what a daemon that starts again believes.
//
// The journal knows no lifecycle: it keeps three kinds of record, whose bodies are text it does not read.
//   state    the newest value under a key. A start reads these; it never replays history.
//   ledger   what exists outside because of us: intent before the effect, held after, released when its
//            absence was verified. The newest status of each resource is kept for ever.
//   event    one thing that happened, numbered without a gap, for those who watch and those who come back.
// A transaction is kept whole or not at all, in the order in which it was given. Whoever gives a second one
// before the first is answered has decided it in the belief that the first is kept; so when one is refused,
// everything given behind it is refused too, until whoever gives them has begun again from what is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::journal {

using sequence = std::uint64_t;

struct state_record {
  std::string key;
  std::optional<std::string> body;  // nothing: the key is removed
};

enum class ledger_status : std::uint8_t { intent, held, released };
std::string_view name(ledger_status status);

struct ledger_record {
  resource_id resource;
  instance_id instance;
  ledger_status status = ledger_status::intent;
  std::string body;
};

struct event_record {
  sequence seq = 0;
  wall_time time;
  instance_id instance;  // empty: the event is about the daemon itself
  std::string type;
  std::string body;
};

enum class purpose : std::uint8_t {
  growth,  // refused when the disk is full
  relief,  // deletes and what follows from effects already made: may use the reserve
};

struct transaction {
  purpose why = purpose::growth;
  std::vector<state_record> states;
  std::vector<ledger_record> ledger;
  std::vector<event_record> events;

  bool empty() const { return states.empty() && ledger.empty() && events.empty(); }
};

enum class condition : std::uint8_t {
  sound,
  full,    // only relief is accepted; returns to sound by itself when there is space again
  failed,  // a write could not be made durable: nothing is accepted until the daemon starts again
};
std::string_view name(condition value);

// All that a starting daemon reads.
struct contents {
  std::vector<state_record> states;        // sorted by key
  std::vector<ledger_record> open_ledger;  // intent and held, sorted by resource
  sequence first_seq = 0;                  // the oldest event kept; 0 when there is none
  sequence last_seq = 0;
};

// How long events are kept for those who come back: an event goes when it is neither among the newest
// `events_min` nor younger than `age_min`, and in any case beyond the newest `events_max`.
struct retention {
  std::size_t events_min = 10'000;
  milliseconds age_min = std::chrono::days(7);
  std::size_t events_max = 1'000'000;
};

class journal {
 public:
  // Told once for each transaction, in the order of commit(), from whichever thread the journal works on.
  using committed = std::function<void(result<void>)>;

  journal() = default;
  journal(journal const&) = delete;
  journal& operator=(journal const&) = delete;
  virtual ~journal() = default;

  // Event numbers must follow on without a gap, over all transactions given; anything else is our own
  // mistake. After a refusal everything is refused, for the same reason, until begin_again().
  virtual void commit(transaction change, committed done) = 0;
  // After a refusal was told, and only then: transactions are taken again, and their numbers follow on the
  // newest one kept, which is returned. What was given before and is not answered yet will still be refused.
  virtual sequence begin_again() = 0;
  // The states whose keys begin with `prefix`, and all else whole.
  virtual result<contents> load(std::string_view prefix) = 0;
  result<contents> load() { return load({}); }
  // Events after `after`, oldest first, at most `limit`; of one instance when one is given.
  virtual result<std::vector<event_record>> events(sequence after, std::size_t limit,
                                                   std::optional<instance_id> instance = {}) = 0;
  // Released ones too; sorted by resource.
  virtual result<std::vector<ledger_record>> ledger_of(instance_id instance) = 0;
  // Drops the events that retention no longer asks for. What is kept stays without a gap, so an event also
  // stays while an older one has to; the newest event always stays, since numbering goes on from it.
  virtual result<void> trim(retention rule, wall_time now) = 0;
  virtual condition health() const = 0;
};

}  // namespace ostler::journal
