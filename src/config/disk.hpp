// The files of this machine: the only code of settings that touches a disk.
//
// What lies in a repository may be anything, also a pipe that nobody writes to or a file without end; only
// plain files of a sensible size are read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/files.hpp"

namespace ostler::config {

class disk final : public files {
 public:
  bool is_there(std::string const& path) const override;
  result<std::optional<std::string>> read(std::string const& path) const override;
};

// Reads the file (empty when there is none), lets `change` make the new content of it, and puts that in its
// place at once, mode 0600. Whoever else changes it meanwhile waits. The directory is made, mode 0700.
result<void> change_file(std::string const& path,
                         std::function<result<std::string>(std::string_view)> const& change);

}  // namespace ostler::config
