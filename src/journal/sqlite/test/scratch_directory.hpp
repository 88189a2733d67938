// A directory of one test's own, which can also be cleared away in the middle of it.
#pragma once

#include <filesystem>

#include "tests/support/temporary_directory.hpp"

namespace ostler::journal {

class scratch_directory {
 public:
  std::filesystem::path const& path() const { return own_.path(); }
  void remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path(), ignored);
  }

 private:
  test::temporary_directory own_{"journal"};
};

}  // namespace ostler::journal
