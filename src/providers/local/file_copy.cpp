#include "providers/local/file_copy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <linux/fs.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "system/failure.hpp"
#include "system/path_text.hpp"

namespace ostler::providers::local {
namespace {

// Small enough that a cancellation is heard soon.
constexpr std::uint64_t piece_max = 8UL * 1024 * 1024;
constexpr std::size_t hand_size = 256UL * 1024;

bool cannot(int why) {
  return why == EXDEV || why == EINVAL || why == ENOSYS || why == EOPNOTSUPP || why == ENOTTY || why == EPERM;
}

std::unexpected<error> refuse(std::string const& path) {
  return system::fail_errno(fmt::format("copy {}", system::shown(path)));
}

// How many bytes went over; fewer than asked for at the end of a file that shrinks.
result<std::uint64_t> copy_by_hand(int from, int to, off_t at, std::uint64_t size, std::string const& path) {
  std::array<std::byte, hand_size> held{};
  auto const got = system::uninterrupted(
      [&] { return ::pread(from, held.data(), std::min<std::uint64_t>(size, held.size()), at); });
  if (got < 0) return refuse(path);
  byte_view rest(held.data(), static_cast<std::size_t>(got));
  while (!rest.empty()) {
    auto const wrote = system::uninterrupted([&] { return ::pwrite(to, rest.data(), rest.size(), at); });
    if (wrote < 0) return refuse(path);
    rest = rest.subspan(static_cast<std::size_t>(wrote));
    at += wrote;
  }
  return static_cast<std::uint64_t>(got);
}

result<std::uint64_t> copy_piece(int from, int to, off_t at, std::uint64_t size, copy_ways& ways,
                                 std::string const& path) {
  if (ways.in_kernel) {
    off_t in = at;
    off_t out = at;
    auto const went = system::uninterrupted(
        [&] { return ::copy_file_range(from, &in, to, &out, std::min(size, piece_max), 0); });
    if (went > 0) return static_cast<std::uint64_t>(went);
    if (went < 0 && !cannot(errno)) return refuse(path);
    if (went < 0) ways.in_kernel = false;
    // Some file systems say that nothing went over though there is something: they are read by hand.
  }
  return copy_by_hand(from, to, at, size, path);
}

result<void> copy_range(int from, int to, off_t at, off_t end, copy_ways& ways, std::stop_token const& stop,
                        std::string const& path) {
  while (at < end) {
    if (stop.stop_requested()) return fail(error_code::cancelled, "the copy was given up");
    auto const went = copy_piece(from, to, at, static_cast<std::uint64_t>(end - at), ways, path);
    if (!went) return std::unexpected(went.error());
    // It has become shorter while it was read: what was there is what is copied.
    if (*went == 0) return {};
    at += static_cast<off_t>(*went);
  }
  return {};
}

}  // namespace

result<std::uint64_t> copy_content(int from, int to, copy_ways& ways, std::stop_token const& stop,
                                   std::string const& path) {
  struct stat seen{};
  if (::fstat(from, &seen) != 0) return refuse(path);
  if (ways.clone && seen.st_size > 0) {
    if (::ioctl(to, FICLONE, from) == 0) return static_cast<std::uint64_t>(seen.st_size);
    if (!cannot(errno)) return refuse(path);
    ways.clone = false;
  }
  if (::ftruncate(to, seen.st_size) != 0) return refuse(path);
  for (off_t at = 0; at < seen.st_size;) {
    auto begin = ::lseek(from, at, SEEK_DATA);
    // Nothing but a hole from here on.
    if (begin < 0 && errno == ENXIO) break;
    // A file system that does not tell holes: all is data.
    if (begin < 0 && errno != EINVAL) return refuse(path);
    auto end = begin < 0 ? seen.st_size : ::lseek(from, begin, SEEK_HOLE);
    begin = std::max(begin, at);
    end = end < 0 ? seen.st_size : std::min(end, seen.st_size);
    if (auto done = copy_range(from, to, begin, end, ways, stop, path); !done)
      return std::unexpected(done.error());
    at = std::max(end, begin + 1);
  }
  return static_cast<std::uint64_t>(seen.st_size);
}

}  // namespace ostler::providers::local
