#include "keeper/logs/fifo.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// Whoever puts a plain file there would make the service write into it without end.
result<system::fd> open_fifo(int directory, std::string const& name, int flags) {
  auto opened = system::open_at(directory, name, flags | O_NOFOLLOW);
  if (!opened) return opened;
  struct stat facts{};
  if (::fstat(opened->get(), &facts) != 0) return system::fail_errno(fmt::format("look at {}", name));
  if (!S_ISFIFO(facts.st_mode))
    return fail(error_code::file_exists, fmt::format("open {}: it is there, and no FIFO", name));
  return opened;
}

}  // namespace

result<void> make_fifo(int directory, std::string const& name) {
  if (::mkfifoat(directory, name.c_str(), 0600) == 0) return {};
  if (errno != EEXIST) return system::fail_errno(fmt::format("make the FIFO {}", name));
  if (auto there = open_keeper_end(directory, name); !there) return std::unexpected(there.error());
  return {};
}

result<system::fd> open_service_end(int directory, std::string const& name) {
  return open_fifo(directory, name, O_RDWR);
}

result<system::fd> open_keeper_end(int directory, std::string const& name) {
  return open_fifo(directory, name, O_RDONLY | O_NONBLOCK);
}

result<system::fd> open_lasting_end(int directory, std::string const& name) {
  return open_fifo(directory, name, O_RDWR | O_NONBLOCK);
}

}  // namespace ostler::keeper
