// What happened, as lines for people and as one number for machines.
//
// The number is taken in every run; it depends on everything that was decided, so that two runs of one seed
// that differ anywhere differ in it. The lines cost more and are only written when somebody wants to read
// them.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/instant.hpp"

namespace ostler::simulation {

class story {
 public:
  struct line {
    instant when;
    std::string text;
  };

  explicit story(bool written) : written_(written) {}

  bool written() const { return written_; }
  template <class... Parts> void tell(instant when, fmt::format_string<Parts...> form, Parts&&... parts) {
    if (written_) lines_.push_back({when, fmt::format(form, std::forward<Parts>(parts)...)});
  }
  void count(std::uint64_t number) { number_.add(number); }
  void count(std::string_view text) { number_.add(text); }

  std::uint64_t number() const { return number_.value(); }
  std::vector<line> const& lines() const { return lines_; }
  std::vector<line> take_lines() { return std::move(lines_); }

 private:
  bool written_;
  fingerprint number_;
  std::vector<line> lines_;
};

}  // namespace ostler::simulation
