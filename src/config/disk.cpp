#include "config/disk.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "config/node.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"

namespace ostler::config {
namespace {

// A trust store holds the commands of every project of a person.
constexpr std::size_t size_max = 32 * text_size_max;

std::unexpected<error> refuse(std::string_view tried, std::string const& path, int number) {
  return fail(error_code::storage_failed,
              fmt::format("{} {}: {}", tried, path, std::generic_category().message(number)));
}

result<std::string> read_plain(int file, std::string const& path) {
  struct stat about{};
  if (::fstat(file, &about) != 0) return refuse("look at", path, errno);
  if (!S_ISREG(about.st_mode))
    return fail(error_code::value_unknown, fmt::format("{} is no plain file; it is not read", path));
  std::string content;
  for (;;) {
    auto const before = content.size();
    constexpr std::size_t step = 16UL * 1024;
    content.resize(before + step);
    ssize_t got = -1;
    do got = ::read(file, content.data() + before, step);
    while (got < 0 && errno == EINTR);
    if (got < 0) return refuse("read", path, errno);
    content.resize(before + static_cast<std::size_t>(got));
    if (got == 0) return content;
    if (content.size() > size_max)
      return fail(error_code::value_out_of_range, fmt::format("{} is larger than {} bytes", path, size_max));
  }
}

// Each folder of the path that is missing.
result<void> make_folders(std::string const& folder) {
  for (auto end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    auto const part = folder.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return refuse("make the folder", part, errno);
    if (end == folder.npos) return {};
  }
}

}  // namespace

bool disk::is_there(std::string const& path) const {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0;
}

result<std::optional<std::string>> disk::read(std::string const& path) const {
  // Opening a pipe would wait for a writer.
  system::fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!file) return refuse("open", path, errno);
  auto content = read_plain(file.get(), path);
  if (!content) return std::unexpected(content.error());
  return *std::move(content);
}

result<void> change_file(std::string const& path,
                         std::function<result<std::string>(std::string_view)> const& change) {
  if (auto const slash = path.rfind('/'); slash != path.npos && slash > 0)
    if (auto done = make_folders(path.substr(0, slash)); !done) return done;
  auto const lock_path = path + ".lock";
  system::fd const lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return refuse("open", lock_path, errno);
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return refuse("lock", lock_path, errno);
  auto const before = disk().read(path);
  if (!before) return std::unexpected(before.error());
  auto const after = change(before->value_or(std::string()));
  if (!after) return std::unexpected(after.error());
  return system::replace_file_at(AT_FDCWD, path, *after, system::survives::power);
}

}  // namespace ostler::config
