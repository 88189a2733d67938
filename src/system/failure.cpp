#include "system/failure.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace ostler::system {

std::string errno_text(int number) {
  auto const* name = strerrorname_np(number);
  return fmt::format("{} ({})",
                     strerrordesc_np(number) != nullptr ? strerrordesc_np(number) : "unknown error",
                     name != nullptr ? std::string(name) : fmt::format("{}", number));
}

error_code errno_code(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return error_code::storage_full;
    case EIO:
    case EROFS: return error_code::storage_failed;
    case ENOENT:
    case ENOTDIR: return error_code::file_unknown;
    case EACCES:
    case EPERM: return error_code::not_permitted;
    case EEXIST:
    case ENOTEMPTY: return error_code::file_exists;
    case ENAMETOOLONG: return error_code::value_out_of_range;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOMEM:
    case ENOBUFS: return error_code::system_exhausted;
    default: return error_code::system_failed;
  }
}

std::unexpected<error> fail_errno(std::string_view what) { return fail_errno(what, errno); }

std::unexpected<error> fail_errno(std::string_view what, int number) {
  return fail(errno_code(number), fmt::format("could not {}: {}", what, errno_text(number)));
}

bool interrupted() { return errno == EINTR; }

}  // namespace ostler::system
