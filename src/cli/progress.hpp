// What is shown while something takes its time. On a terminal a few lines that are drawn anew; elsewhere one
// line for each change, and nothing for the mere passing of time.
//
// Pure: it is told what is and what time it is, and gives what is to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "cli/screen.hpp"
#include "operations/instance_values.hpp"

namespace ostler::cli {

enum class progress_manner : std::uint8_t { terminal, plain, quiet };

class progress {
 public:
  progress(progress_manner how, channel const& where) : how_(how), where_(&where) {}

  // `since` is how long it has taken so far. Empty when there is nothing new to be written.
  std::string show(std::span<operations::instance const> all, milliseconds since);
  // Takes away what was drawn, so that other words may follow.
  std::string clear();

 private:
  std::string drawn(std::span<operations::instance const> all, milliseconds since);
  std::string changed(std::span<operations::instance const> all);

  progress_manner how_;
  // Outlives this.
  channel const* where_;
  std::size_t lines_ = 0;
  // What was said last, by the name of the instance, or of the instance and the service.
  std::map<std::string, std::string> said_;
};

}  // namespace ostler::cli
