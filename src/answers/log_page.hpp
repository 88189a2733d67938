// One page of the logs of an instance: several logs, put together by the time of their lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "answers/log_cursor.hpp"
#include "answers/log_reading.hpp"
#include "operations/log_operations.hpp"

namespace ostler::answers {

// A log that is asked for: of a service, or of a session.
struct log_source {
  std::string service;
  std::string session;
  std::string const& name() const { return service.empty() ? session : service; }
};

// What of a question goes to the keeper for each log, without the place to begin.
wire::log_read question_of(operations::log_query const& asked, wall_time now);

// The logs that are meant; service_unknown, text_malformed for a cursor that is none, usage for what does not
// go together.
result<std::vector<log_source>> sources_of(lifecycle::instance const& it, operations::log_query const& asked);

struct page_read {
  operations::log_page page;
  // Where each log goes on.
  log_positions next;
};
task<result<page_read>> read_page(keeper_ptr keeper, std::vector<log_source> sources,
                                  operations::log_query asked, wall_time now);

// Where the newest runs of a service begin in its log.
struct run_places {
  std::uint64_t run = 0;
  std::uint64_t begin = 0;
  // Of the run before.
  std::uint64_t before = 0;

  // 0: it is not known any more.
  std::uint64_t run_at(std::uint64_t position) const {
    if (position >= begin) return run;
    return position >= before && run > 1 ? run - 1 : 0;
  }
};

// What was read of one log.
struct log_part {
  log_source from;
  std::vector<wire::log_record> records;
  // Where it began, and where it goes on behind all of them.
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  // There is more behind them.
  bool more = false;
  std::optional<run_places> runs;
};
// In the order of time, each log in its own order; the first `most` that count, or the last.
page_read merge(std::vector<log_part> parts, std::size_t most, bool last);

}  // namespace ostler::answers
