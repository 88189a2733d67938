// Reads one log of an instance over the link of its keeper, record by record.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "answers/asked.hpp"
#include "operations/log_values.hpp"
#include "wire/keeper_verbs.hpp"
#include "wire/log_records.hpp"

namespace ostler::answers {

class record_stream {
 public:
  // Asks for it; what the keeper refuses is refused here.
  static task<result<std::unique_ptr<record_stream>>> open(keeper_ptr keeper, wire::log_read how);
  explicit record_stream(keeper_ptr keeper) : stream_(std::move(keeper)) {}
  record_stream(record_stream const&) = delete;
  record_stream& operator=(record_stream const&) = delete;
  ~record_stream() = default;

  // None at the end. What the keeper says of where to go on is kept apart, for next_position().
  task<result<std::optional<wire::log_record>>> next();
  // Records that came already and would be given without a wait.
  bool has_more() const { return !ready_.empty(); }
  std::optional<std::uint64_t> next_position() const { return cursor_; }

 private:
  result<void> take(std::string_view bytes);

  supervisor::keeper_stream stream_;
  std::string held_;
  std::deque<wire::log_record> ready_;
  std::optional<std::uint64_t> cursor_;
};

// Where another question goes on behind this record: never behind anything that was not given, so that one
// that began before it and ended after it may come twice, but nothing is missed.
std::uint64_t position_behind(wire::log_record const& record);

operations::log_line line_of(wire::log_record const& record, std::string const& service,
                             std::string const& session);
// What the limit of a question counts.
bool counts(wire::log_record const& record);

}  // namespace ostler::answers
