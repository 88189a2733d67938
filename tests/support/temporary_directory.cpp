#include "tests/support/temporary_directory.hpp"

#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <system_error>

namespace ostler::test {

temporary_directory::temporary_directory(std::string_view purpose) {
  auto pattern = (std::filesystem::temp_directory_path() / fmt::format("ostler-{}-XXXXXX", purpose)).string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "could not make " + pattern);
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ostler::test
