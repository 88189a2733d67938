#include "journal/sqlite/reserve.hpp"

#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

#include "journal/sqlite/connection.hpp"

namespace ostler::journal::sqlite {
namespace {

// Blocks, not length: a file can be long and take nothing.
bool takes_its_space(std::filesystem::path const& file, std::uint64_t size) {
  struct stat found{};
  return stat(file.c_str(), &found) == 0 && static_cast<std::uint64_t>(found.st_blocks) * 512 >= size;
}

}  // namespace

reserve::reserve(std::filesystem::path file, std::uint64_t size)
    : file_(std::move(file)), size_(size), held_(size == 0 || takes_its_space(file_, size)) {}

result<void> reserve::hold() {
  if (held_) return {};
  if (free_bytes() < size_ + spare_bytes) return std::unexpected(full_error(file_));
  int const fd = open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(error_code::storage_failed,
                fmt::format("cannot open {}: {}", file_.string(), std::strerror(errno)));
  // Where the file system cannot allocate, the library writes zeros instead.
  int const code = posix_fallocate(fd, 0, static_cast<off_t>(size_));
  close(fd);
  if (code == 0) {
    held_ = true;
    return {};
  }
  unlink(file_.c_str());
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) return std::unexpected(full_error(file_));
  return fail(error_code::storage_failed,
              fmt::format("cannot reserve {} bytes in {}: {}", size_, file_.string(), std::strerror(code)));
}

void reserve::release() {
  if (size_ == 0) return;
  unlink(file_.c_str());
  held_ = false;
}

bool reserve::space_is_tight() const { return free_bytes() < spare_bytes; }

std::uint64_t reserve::free_bytes() const {
  struct statvfs system{};
  if (statvfs(file_.parent_path().c_str(), &system) != 0) return 0;
  return system.f_bavail * system.f_frsize;
}

}  // namespace ostler::journal::sqlite
