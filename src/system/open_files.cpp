#include "system/open_files.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>

#include "system/failure.hpp"

namespace ostler::system {

result<std::uint64_t> raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("read the limit of open files");
  auto const before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("raise the limit of open files");
  return before;
}

result<void> set_open_files(std::uint64_t soft) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("read the limit of open files");
  files.rlim_cur = std::min<rlim_t>(soft, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("set the limit of open files");
  return {};
}

}  // namespace ostler::system
