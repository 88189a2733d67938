// Reads the answer to one GET, as far as a look needs it: the status, and whether the body contains a text.
//
// It comes from a program that may be broken or not speak HTTP at all. What is not HTTP is refused with the
// reason, heads and bodies have limits, and nothing is read that the decision does not need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostler::keeper {

struct http_wanted {
  int status_least = 200;
  int status_most = 399;
  // Empty: the body is not read.
  std::string body;
};

class http_answer {
 public:
  static constexpr std::size_t head_size_max = 16 * 1024;
  static constexpr std::size_t body_size_max = 64 * 1024;

  explicit http_answer(http_wanted wanted) : wanted_(std::move(wanted)) {}

  struct verdict {
    bool holds = false;
    std::string why;
  };
  // Nothing while it is not decided. After a verdict it is not fed again.
  std::optional<verdict> feed(std::string_view bytes);
  // The other side has closed.
  verdict end() const;

 private:
  enum class part : std::uint8_t {
    status,
    fields,
    body_to_end,
    body_counted,
    chunk_size,
    chunk_data,
    chunk_end
  };
  bool takes_lines() const {
    return part_ != part::body_to_end && part_ != part::body_counted && part_ != part::chunk_data;
  }
  std::optional<verdict> take_line();
  std::optional<verdict> take_status(std::string_view line);
  std::optional<verdict> take_field(std::string_view line);
  std::optional<verdict> head_ended();
  std::optional<verdict> take_chunk_size(std::string_view line);
  std::optional<verdict> take_body(std::string_view bytes);
  verdict not_in_body() const;
  std::optional<verdict> body_data_ended();

  http_wanted wanted_;
  part part_ = part::status;
  std::string line_;
  std::size_t head_size_ = 0;
  int status_ = 0;
  bool chunked_ = false;
  std::optional<std::size_t> length_;
  // Of the body or of the chunk.
  std::size_t left_ = 0;
  std::string body_;
};

}  // namespace ostler::keeper
