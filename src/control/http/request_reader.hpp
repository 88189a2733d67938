// Bytes of a client made into requests: Beast's parser, and the limits. Pure: it is given bytes and says how
// many it took.
//
// What can be read in two ways is refused, because somebody before us may have read it in the other: two
// lengths, a length beside chunks, a field that goes on in the next line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::control::http {

constexpr std::size_t head_size_max = 8UL * 1024;

struct field {
  // In lower case.
  std::string name;
  std::string value;
};

struct request_head {
  std::string method;
  std::string path;
  std::string query;
  // HTTP/1.0 knows neither chunks nor connections that are kept without a word.
  bool is_1_1 = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool expects_continue = false;
  // Of the body; none when it comes in chunks.
  std::optional<std::uint64_t> size;
  std::vector<field> fields;

  // Every value of that name, which is in lower case.
  std::vector<std::string_view> all(std::string_view name) const;
  // Of fields that are lists: split at the commas, without blanks around.
  std::vector<std::string_view> list(std::string_view name) const;
};

class request_reader {
 public:
  request_reader();
  request_reader(request_reader&&) noexcept;
  request_reader& operator=(request_reader&&) noexcept;
  ~request_reader();

  // Takes from the front; what it did not take is given again with more behind it. Ends after the head, so
  // that somebody can decide before the body is read. message_malformed, body_too_large (of the head).
  result<std::size_t> read(std::string_view bytes);

  bool head_done() const;
  // With its body.
  bool done() const;
  request_head const& head() const;
  // What was read of the body since the last call.
  std::string take_body();
  std::size_t body_waiting() const;

 private:
  class parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace ostler::control::http
