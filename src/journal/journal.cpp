#include "journal/journal.hpp"

#include "base/ensure.hpp"

namespace ostler::journal {

std::string_view name(ledger_status status) {
  switch (status) {
    case ledger_status::intent: return "intent";
    case ledger_status::held: return "held";
    case ledger_status::released: return "released";
  }
  broken_promise("a ledger status is one of three", std::source_location::current());
}

std::string_view name(condition value) {
  switch (value) {
    case condition::sound: return "sound";
    case condition::full: return "full";
    case condition::failed: return "failed";
  }
  broken_promise("a journal's condition is one of three", std::source_location::current());
}

}  // namespace ostler::journal
