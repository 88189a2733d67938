// A question to a log, answered a bounded batch at a time: whoever asks pulls, so a slow client costs
// nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <re2/re2.h>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "keeper/logs/log_lines.hpp"
#include "wire/log_records.hpp"

namespace ostler::keeper {

struct from_tail {
  // Of those that are selected.
  std::uint64_t lines = 0;
};

struct log_question {
  enum class order : std::uint8_t { forward, backward };
  static constexpr std::uint32_t context_max = 1000;

  // A cursor: all lines that end behind it, or backward all that begin before it. `from_tail` is forward
  // only.
  std::variant<wire::log_cursor, from_tail> from = wire::log_cursor{.position = 0, .lines = 0};
  order direction = order::forward;
  std::uint8_t streams = streams_all;
  // A line has the time of its first byte. Wall clocks jump, so this selects and never ends a search early.
  std::optional<wall_time> since;
  std::optional<wall_time> until;
  // RE2; empty selects all.
  std::string pattern;
  bool literal = false;
  bool invert = false;
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  std::optional<std::uint64_t> lines_max;
  std::optional<std::uint64_t> bytes_max;
  // Bytes as they came instead of lines; neither patterns nor context nor backward.
  bool raw = false;
  // At the end, wait for more.
  bool follow = false;
};

struct log_batch {
  enum class then : std::uint8_t {
    more,     // ask again
    waiting,  // ask again when something was appended
    limit,    // as many as were asked for; `next` leads to the others
    end,
  };
  std::vector<wire::log_record> records;
  // Another question from there gives what follows.
  wire::log_cursor next;
  then state = then::more;
};

class log_query {
 public:
  // text_malformed with RE2's words for a pattern it does not take; value_out_of_range for what does not go
  // together. The store must outlive it.
  static result<std::unique_ptr<log_query>> ask(log_store const& store, log_question question);
  log_query(log_query const&) = delete;
  log_query& operator=(log_query const&) = delete;
  ~log_query() = default;

  // Records of about so many bytes, less when looking for them took long already.
  log_batch next(std::size_t bytes_max = std::size_t{64} << 10);
  std::uint64_t bytes_read() const;

 private:
  log_query(log_store const& store, log_question question);
  void find_tail();
  void begin_forward(wire::log_cursor from);
  void read_lines(log_batch& batch, std::size_t bytes_max);
  line_found next_line(log_line& line);
  void take(log_batch& batch, log_line const& line);
  void finish(log_batch& batch);
  bool selects(log_line const& line) const;
  void give(log_batch& batch, wire::log_record record);
  // log_query_raw.cpp
  void read_raw(log_batch& batch, std::size_t bytes_max);
  void take_raw(log_batch& batch, placed_chunk const& chunk);
  wire::log_cursor cursor() const;

  log_store const* store_;
  log_question question_;
  std::unique_ptr<re2::RE2> pattern_;
  // While the beginning of the tail is looked for.
  std::optional<backward_lines> tail_;
  std::uint64_t tail_read_ = 0;
  std::uint64_t tail_found_ = 0;
  std::uint32_t tail_context_ = 0;
  // Lines that begin before are context at most, or are not shown at all.
  std::uint64_t select_from_ = 0;
  std::uint64_t show_from_ = 0;
  std::optional<forward_lines> forward_;
  std::optional<backward_lines> backward_;
  std::optional<log_walk> raw_;
  wire::log_cursor raw_at_;

  // Not selected, but what comes next may be.
  std::deque<wire::log_record> held_;
  std::size_t held_bytes_ = 0;
  std::uint32_t context_left_ = 0;
  std::uint64_t lines_given_ = 0;
  std::uint64_t bytes_given_ = 0;
  std::size_t batch_bytes_ = 0;
  bool limit_reached_ = false;
};

}  // namespace ostler::keeper
