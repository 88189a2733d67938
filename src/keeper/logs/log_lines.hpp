// The lines of a log, put together from its chunks: forward as they are completed, or backward as they begin.
//
// Out and err interleave, and a line may lie in many chunks. Where a line began is told by the headers, so a
// reader may begin anywhere: a position is all that has to be remembered.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/logs/log_walk.hpp"
#include "wire/log_records.hpp"

namespace ostler::keeper {

// Which streams to look at.
enum log_streams : std::uint8_t { streams_out = 1, streams_err = 2, streams_ours = 4, streams_all = 7 };

struct log_line {
  wire::log_record_kind kind = wire::log_record_kind::out;
  std::uint8_t flags = 0;
  std::uint64_t position = 0;
  wall_time wall{};
  // Without its newline; of `dropped`, a wire::log_dropped. Valid until the next call.
  std::string_view text;
};

enum class line_found : std::uint8_t { line, end, pause };

// What a reader who stands there misses before that chunk.
wire::log_dropped gap_before(wire::log_cursor reader, chunk_header const& after);

// Every line that ends after the place it began at. What is missing comes as one `dropped` where it would be.
class forward_lines {
 public:
  forward_lines(log_store const& store, wire::log_cursor from, std::uint8_t streams);

  // `pause` when `allowance` bytes were looked at, so that a long search leaves time for others. After `end`
  // it goes on when more was appended.
  line_found next(log_line& line);
  void allow(std::uint64_t bytes) { allowance_ = bytes; }
  // At the end: lines that have no newline yet, out and err. They come again, whole, when they are complete.
  std::optional<log_line> unfinished(log_stream stream) const;
  // Behind what was given last.
  wire::log_cursor cursor() const { return {.position = position_, .lines = lines_}; }
  // Gives memory back at the end.
  void rest() {
    if (!chunk_) walk_.rest();
  }
  std::uint64_t bytes_read() const { return walk_.bytes_read(); }

 private:
  friend class backward_lines;
  struct partial_line {
    bool begun = false;
    // Its beginning belongs to somebody else: not to be given.
    bool hidden = false;
    std::uint8_t flags = 0;
    std::uint64_t position = 0;
    wall_time wall{};
    std::string text;
  };

  explicit forward_lines(log_store const& store, std::uint8_t streams) : walk_(store), streams_(streams) {}
  // Begins with the chunk that `walk` passes next. Lines that began before it are left out.
  void begin_hidden(std::uint64_t position, std::array<bool, 2> hidden);
  void find_beginning(std::uint64_t position);
  bool enter_chunk();
  bool give_pending(log_line& line, std::size_t index, std::uint8_t flag);
  bool give_gap(log_line& line);
  bool give_from_chunk(log_line& line);
  bool wants(log_stream stream) const;
  bool shown(std::uint64_t end_position) const { return end_position > shown_after_; }

  log_walk walk_;
  std::uint8_t streams_;
  std::uint64_t allowance_ = UINT64_MAX;
  // Lines that end there or before were given already.
  std::uint64_t shown_after_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t lines_ = 0;
  std::optional<placed_chunk> chunk_;
  // Has what precedes the chunk been settled: the gap, lines that were cut?
  bool entered_ = false;
  std::size_t consumed_ = 0;
  std::array<partial_line, 2> pending_;
  std::array<bool, 2> hide_first_{};
  std::string text_;
};

// Every line that begins before a position, the last first.
class backward_lines {
 public:
  backward_lines(log_store const& store, std::uint64_t before, std::uint8_t streams);

  line_found next(log_line& line);
  // Where the line given last begins: those before it come next.
  std::uint64_t position() const { return given_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  struct kept_line {
    log_line line;
    std::string text;
  };
  // Of windows that begin behind `from`, up to `to`.
  struct unfinished_known {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool earlier = false;
  };
  bool fill();
  bool begins_earlier(log_walk& walk, placed_chunk const& first, log_stream stream);
  bool tell_beginning();

  log_store const* store_;
  std::uint8_t streams_;
  std::uint64_t given_;
  // What begins before it has yet to be looked at.
  std::uint64_t upper_;
  std::size_t window_;
  std::vector<kept_line> lines_;
  std::array<unfinished_known, 2> unfinished_;
  std::string text_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace ostler::keeper
