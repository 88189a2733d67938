// Waits for a text in what a service prints: ready = { output = "listening on" }.
//
// Programs write whenever they like: a word may come in two pieces, a line may never end, and colours stand
// between any two letters. A line is looked at as it grows, as it stands and without its colours, and "yes"
// is only said when nothing that may still come in that line could make it "no": "$" and "\b" wait for what
// follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace re2 {
class RE2;  // NOLINT(readability-identifier-naming): the name is its own.
}

namespace ostler::keeper {

enum class output_stream : std::uint8_t { out, errors };

// The line without the sequences that colour it or move in it; one that is not complete yet is left out.
std::string without_escapes(std::string_view line);

class output_match {
 public:
  // Of a line that does not end, a match of this length is still found.
  static constexpr std::size_t line_kept_max = 64 * 1024;

  static result<output_match> make(std::string const& pattern);
  output_match(output_match&&) noexcept;
  output_match& operator=(output_match&&) noexcept;
  ~output_match();

  // Whether a line of any stream has matched, now or before. Lines end with \n, \r or both.
  bool feed(output_stream from, byte_view bytes);
  bool matched() const { return pattern_ == nullptr; }
  // Of unfinished lines.
  std::size_t bytes_kept() const;

 private:
  // What came of a line that has not ended. When its beginning was dropped, the first byte is only there to
  // be what stands before the rest.
  struct unfinished {
    std::string text;
    bool beginning_dropped = false;
    bool ended_by_return = false;
  };
  enum class line_end : std::uint8_t { open, seen };

  explicit output_match(std::unique_ptr<re2::RE2> pattern);
  bool take_line(unfinished& line, std::string_view rest);
  bool take_part(unfinished& line, std::string_view part);
  bool holds(std::string_view text, bool beginning_dropped, line_end end) const;
  bool found(std::string_view text, bool beginning_dropped, line_end end) const;
  bool finish();

  // Null when it has matched.
  std::unique_ptr<re2::RE2> pattern_;
  std::array<unfinished, 2> lines_;
};

}  // namespace ostler::keeper
