// What happened, read back from the journal. Blocks: for the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "operations/event_values.hpp"

namespace ostler::answers {

struct history_question {
  // Only events of this instance.
  std::optional<instance_id> instance;
  // "instance.*" means all that begin so; without any, all.
  std::vector<std::string> types;
  // Events behind this one; 0 when it was not said.
  std::uint64_t after = 0;
  std::optional<wall_time> since;
  std::size_t limit = 50;
  // The newest that may be told.
  std::uint64_t last = 0;
};

// Forward from `after` or `since`, else the newest; the oldest first. events_forgotten when what follows
// `after` is no longer kept.
result<operations::event_list> read_history(journal::journal& from, history_question const& asked,
                                            std::stop_token const& stop);

bool fits_type(std::vector<std::string> const& types, std::string_view type);

}  // namespace ostler::answers
