#include "journal/sqlite/state_lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ostler::journal::sqlite {
namespace {

std::string boot_id() {
  std::ifstream source("/proc/sys/kernel/random/boot_id");
  std::string id;
  source >> id;
  return id.empty() ? "unknown" : id;
}

// "PID BOOT_ID\n"
std::string read_owner(int fd) {
  std::array<char, 128> text{};
  auto const size = pread(fd, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

bool write_owner(int fd, std::string const& owner) {
  // The new text is never shorter than what matters: the rest of an old one is cut off after it.
  return pwrite(fd, owner.data(), owner.size(), 0) == static_cast<ssize_t>(owner.size()) &&
         ftruncate(fd, static_cast<off_t>(owner.size())) == 0;
}

std::unexpected<error> refuse(std::string_view tried, std::filesystem::path const& what, int code) {
  return fail(code == ENOSPC ? error_code::storage_full : error_code::storage_failed,
              fmt::format("cannot {} {}: {}", tried, what.string(), std::strerror(code)));
}

}  // namespace

result<state_lock> state_lock::acquire(std::filesystem::path const& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return refuse("make", directory, errno);
  auto const file = directory / "lock";
  int const fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return refuse("open", file, errno);
  state_lock lock(fd, false);
  auto const owner = read_owner(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refuse("lock", file, errno);
    return fail(error_code::state_locked,
                fmt::format("the state directory {} belongs to the daemon with pid {}", directory.string(),
                            owner.substr(0, owner.find(' '))));
  }
  auto const boot = boot_id();
  lock.same_boot_ = owner.find(" " + boot + "\n") != std::string::npos;
  // A full disk must not keep the daemon away: the name of the owner is help, the lock is what counts.
  if (!write_owner(fd, fmt::format("{} {}\n", getpid(), boot)) && errno != ENOSPC)
    return refuse("write", file, errno);
  return lock;
}

state_lock::state_lock(state_lock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), same_boot_(other.same_boot_) {}

state_lock::~state_lock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace ostler::journal::sqlite
