// What looking for settings asks of a file system, so that the looking itself is pure. The real one is
// disk.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::config {

class files {
 public:
  files() = default;
  files(files const&) = delete;
  files& operator=(files const&) = delete;
  virtual ~files() = default;

  // A file, a directory or anything else.
  virtual bool is_there(std::string const& path) const = 0;
  // Nothing when there is no such file; an error when it is there and cannot be read, or is no plain file.
  virtual result<std::optional<std::string>> read(std::string const& path) const = 0;
};

}  // namespace ostler::config
