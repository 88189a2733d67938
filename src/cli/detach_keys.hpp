// The keys that leave a terminal and let what runs in it go on. They are looked for in what is typed; a part
// of them that turned out to be something else is passed on late, but whole.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::cli {

class detach_keys {
 public:
  // "ctrl-q", "ctrl-p,ctrl-q", "ctrl-],q". Empty: none.
  static result<detach_keys> parse(std::string_view text);

  struct typed {
    // For the program.
    std::string bytes;
    bool leave = false;
  };
  typed take(std::string_view input);
  // As it was given.
  std::string const& text() const { return text_; }

 private:
  std::string text_;
  std::string keys_;
  // How many of them were typed already.
  std::size_t matched_ = 0;
};

}  // namespace ostler::cli
