// What is wrong with settings, told together: each mistake with its file, its line, the line itself, a caret
// below the place, what is allowed there, and the name that was probably meant.
//
// People mend a file once; so a reader goes on after a mistake, and up to ten are told.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/node.hpp"

namespace ostler::config {

struct mistake {
  error_code code = error_code::value_unknown;
  place at;
  // One line, without the place.
  std::string what;
  std::string allowed;
};

class mistakes {
 public:
  static constexpr std::size_t told_max = 10;

  // The sources that places point to; they outlive this.
  explicit mistakes(std::vector<source const*> sources) : sources_(std::move(sources)) {}

  void tell(error_code code, place at, std::string what, std::string allowed = {});
  void tell(text_mistake const& found) {
    tell(error_code::text_malformed, found.at, found.what, found.allowed);
  }
  bool none() const { return count_ == 0; }
  // All of them as one: in the order of the text, the first as the message. There is at least one.
  error as_error() const;

  std::string where(place at) const;

 private:
  std::string evidence(mistake const& one) const;

  std::vector<source const*> sources_;
  std::vector<mistake> kept_;
  std::size_t count_ = 0;
};

// "; did you mean `port`?", or nothing when no known name is near.
std::string did_you_mean(std::string_view given, std::span<std::string_view const> known);

}  // namespace ostler::config
