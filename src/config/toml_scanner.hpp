// A text and how far it is read: the character there, its line and column, and the first mistake.
//
// Once a mistake is told the scanner stands still: every question is answered as at the end of the text, so
// that whoever reads comes to an end without asking after each step.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/node.hpp"

namespace ostler::config {

class toml_scanner {
 public:
  explicit toml_scanner(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  text_mistake const& mistake() const { return mistake_; }
  // Keeps the first. Always false, to be returned.
  bool fail(place at, std::string what, std::string allowed = {});

  bool at_end() const { return failed_ || at_ >= text_.size(); }
  // '\0' at the end; no text that is read has one.
  char peek(std::size_t ahead = 0) const {
    return failed_ || at_ + ahead >= text_.size() ? '\0' : text_[at_ + ahead];
  }
  bool looking_at(std::string_view what) const { return !failed_ && text_.substr(at_).starts_with(what); }
  place here() const { return {0, line_, column_}; }
  std::string_view rest() const { return failed_ ? std::string_view() : text_.substr(at_); }
  void step(std::size_t bytes = 1);
  bool take(char wanted);

  // Blanks and tabs.
  void skip_blanks();
  // Blanks, comments and the ends of lines.
  void skip_between();
  // Nothing but blanks and a comment may be left in the line.
  bool end_line();
  // True when the text is UTF-8 without control characters that TOML does not have.
  bool check_characters(std::size_t size_max = text_size_max);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  bool failed_ = false;
  text_mistake mistake_;
};

// How many bytes the UTF-8 character at the beginning has; 0 when it is none.
std::size_t utf8_length(std::string_view text);
// Nothing for what is no character: halves of pairs, and beyond the last.
bool append_utf8(std::string& out, std::uint32_t character);

bool read_hex(toml_scanner& in, std::size_t count, std::uint32_t& out);

// What stands where, with all that belongs to it. False after a mistake.
bool read_toml_string(toml_scanner& in, std::string& out, bool lines_allowed);
bool read_toml_number(toml_scanner& in, node& out);

}  // namespace ostler::config
