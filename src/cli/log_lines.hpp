// Lines of logs as they are shown: the name of the service before each, padded to the longest and in a colour
// that stays the same, what the daemon says in between marked as such.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/screen.hpp"
#include "cli/text.hpp"
#include "operations/log_values.hpp"

namespace ostler::cli {

struct log_manner {
  bool prefix = true;
  bool timestamps = false;
  // As it was printed, with every escape sequence in it.
  bool raw = false;
  cli::colours colours = colours::strip;
};

class log_printer {
 public:
  log_printer(log_manner how, channel const& where) : how_(how), where_(&where) {}

  // A name that may come; so all prefixes are equally wide from the start.
  void knows(std::string_view service);
  // Without a line break.
  std::string text(operations::log_line const& line);

 private:
  std::string prefix(operations::log_line const& line, std::string_view sign);

  log_manner how_;
  // Outlives this; a view would be stored otherwise.
  channel const* where_;
  std::size_t width_ = 0;
};

}  // namespace ostler::cli
