// HTTP/1.1 as a client needs it: a request written, an answer read. Bytes in and out, no I/O.
//
// Strict: an answer must say by length or by chunks where it ends, because "until the connection closes"
// cannot be told from an answer that was cut off. What says both, or says it twice, is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ostler::client {

constexpr std::size_t head_size_max = 64UL * 1024;

struct header_field {
  std::string name;  // in small letters
  std::string value;
};

struct response_head {
  unsigned status = 0;
  std::vector<header_field> fields;

  bool is_success() const { return status >= 200 && status < 300; }
  // The empty text when there is none; the first one when there are several.
  std::string_view get(std::string_view name) const;
};

class response_reader {
 public:
  // Where the next bytes go: never empty. Then `filled` says how many came.
  std::span<char> space();
  void filled(std::size_t count);

  // Null while it is not whole. Answers that only announce another one (1xx) are skipped, except 101.
  result<response_head const*> head();
  // After the head: the next piece of the body, valid until the reader is used again; nothing when more bytes
  // are needed or when it is done.
  result<std::optional<std::string_view>> body();
  // The whole answer was read.
  bool is_done() const { return state_ == state::done; }
  // Anything of the answer has come.
  bool has_begun() const { return begun_; }
  // Another request may follow on the same connection.
  bool keeps_connection() const;
  // What came behind an answer that is done.
  std::string_view rest() const { return {buffer_.data() + taken_, used_ - taken_}; }

 private:
  enum class state : std::uint8_t { head, fixed, chunk_head, chunk, chunk_end, trailer, done };
  result<bool> read_head(std::string_view text);
  result<void> find_body();
  // A line without its end; nothing when it is not whole.
  result<std::optional<std::string_view>> line();
  result<void> read_line_between(std::string_view text);
  std::string_view take(std::uint64_t size_max);

  std::string buffer_;
  std::size_t used_ = 0;   // of buffer_, filled
  std::size_t taken_ = 0;  // of used_, read
  bool begun_ = false;
  state state_ = state::head;
  response_head head_;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::size_t trailers_ = 0;
};

// Whether a field of a request may have this value: nothing in it ends the line.
bool is_field_value(std::string_view value);

}  // namespace ostler::client
