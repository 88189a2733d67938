#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace ostler {

void broken_promise(std::string_view promise, std::source_location where) {
  std::fprintf(stderr, "ostler: broken promise: %.*s\n  at %s:%u in %s\n", static_cast<int>(promise.size()),
               promise.data(), where.file_name(), static_cast<unsigned>(where.line()), where.function_name());
  std::fflush(stderr);
  std::abort();
}

}  // namespace ostler
