#include "keeper/logs/intake.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/ensure.hpp"
#include "base/name.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/little_endian.hpp"

namespace ostler::keeper {
namespace {

using wire::get;
using wire::put;

// None of these bytes occurs in UTF-8. What is read ends where the memory ends; the mark lies at its end, and
// before it only when less is read than the mark is long.
constexpr std::string_view mark = "\xf5\xc0\xff\xc1\xfe\xf9\xf6\xfd\xc0\xfa\xff\xf7\xfb\xc1\xf8\xfc";

// What follows the memory in the file:
//   check (8), position (8), wall (8), bytes (4), stream (1), length of the name (1), name
constexpr std::size_t name_at = 30;
constexpr std::size_t intention_size = name_at + name_length_max;
using intention_bytes = std::array<std::byte, intention_size>;

std::uint64_t check_of(intention_bytes const& bytes) {
  return fingerprint().add("ostler intake 1").add(as_text(byte_view(bytes).subspan(8))).value();
}

// At least one, so that the end and what has come meanwhile are seen.
std::size_t waiting_in(int from, std::size_t bytes_max) {
  int waiting = 0;
  if (::ioctl(from, FIONREAD, &waiting) != 0 || waiting < 1) waiting = 1;
  return std::min(static_cast<std::size_t>(waiting), bytes_max);
}

}  // namespace

result<void> intake::survive_in(int directory, std::string const& name) {
  auto file = system::open_at(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file) return std::unexpected(file.error());
  intention_bytes told{};
  auto const got = ::pread(file->get(), told.data(), told.size(), lent_memory::size);
  if (got == static_cast<ssize_t>(told.size()) && get<std::uint64_t>(told.data()) == check_of(told)) {
    auto const size = get<std::uint32_t>(told.data() + 24);
    auto const name_size = get<std::uint8_t>(told.data() + 29);
    std::string bytes(std::min<std::size_t>(size, lent_memory::size), '\0');
    auto const read = ::pread(file->get(), bytes.data(), bytes.size(),
                              static_cast<off_t>(lent_memory::size - bytes.size()));
    auto const end = mark.substr(0, std::min(bytes.size(), mark.size()));
    if (read == static_cast<ssize_t>(bytes.size()) && !bytes.ends_with(end))
      left_ = {
          .log = std::string(as_text(told).substr(name_at, name_size)),
          .stream = static_cast<log_stream>(get<std::uint8_t>(told.data() + 28)),
          .wall = wall_time(milliseconds(static_cast<std::int64_t>(get<std::uint64_t>(told.data() + 16)))),
          .position = get<std::uint64_t>(told.data() + 8),
          .bytes = std::move(bytes)};
  }
  survives_ = memory_.lie_in(std::move(*file));
  return {};
}

void intake::recover(std::string_view log, log_store& store) {
  if (left_.log != log) return;
  auto const found = std::exchange(left_, {});
  auto const end = store.end_position();
  if (end < found.position || end - found.position >= found.bytes.size()) return;
  store.append_rest(found.stream, found.wall, as_bytes(found.bytes).subspan(end - found.position));
}

intake::found intake::carry(int from, std::size_t bytes_max, destination const& into) {
  auto memory = memory_.borrow();
  if (memory.empty()) return found::nothing;
  bytes_max = std::min(bytes_max, memory.size());
  auto const size = waiting_in(from, bytes_max);
  auto const wall = system::wall_now();
  bool intended = intend(into, size, wall);
  auto const position = into.store.end_position();
  auto const read = [&] {
    return system::uninterrupted([&] { return ::read(from, memory.last(size).data(), size); });
  };
  auto got = read();
  if (got < 0 && errno == EFAULT && memory_.in_file()) {
    // No room on the disk for a page of the file.
    memory_.leave_file();
    intended = false;
    memory = memory_.borrow();
    if (memory.empty()) return found::nothing;
    got = read();
  }
  if (got < 0) return errno == EAGAIN ? found::nothing : found::end;
  if (got == 0) return found::end;
  auto const bytes = byte_view(memory.last(size)).first(static_cast<std::size_t>(got));
  into.store.append(into.stream, wall, bytes);
  // What the disk refused is counted by the store; it must not come back in another place.
  if (intended && into.store.end_position() != position + size) forget();
  if (into.told) into.told(into.stream, bytes);
  return bytes.size() == bytes_max ? found::some : found::nothing;
}

bool intake::intend(destination const& into, std::size_t bytes, wall_time wall) {
  // While a loss is still to be told, nobody can say which position comes next.
  if (!memory_.in_file() || !into.store.tell_loss_now(wall)) return false;
  ensure(into.log.size() <= name_length_max, "a log has a name");
  std::array<std::byte, mark.size() + intention_size> written{};
  auto const marked = std::min(bytes, mark.size());
  std::ranges::copy(as_bytes(mark.substr(0, marked)), written.begin());
  intention_bytes told{};
  put(told.data() + 8, into.store.end_position());
  put(told.data() + 16, static_cast<std::uint64_t>(wall.time_since_epoch().count()));
  put(told.data() + 24, static_cast<std::uint32_t>(bytes));
  put(told.data() + 28, static_cast<std::uint8_t>(into.stream));
  put(told.data() + 29, static_cast<std::uint8_t>(into.log.size()));
  std::ranges::copy(as_bytes(into.log), told.begin() + name_at);
  put(told.data(), check_of(told));
  std::ranges::copy(told, written.begin() + static_cast<std::ptrdiff_t>(marked));
  auto const whole = marked + told.size();
  return ::pwrite(memory_.file(), written.data(), whole, static_cast<off_t>(lent_memory::size - marked)) ==
         static_cast<ssize_t>(whole);
}

void intake::forget() {
  intention_bytes const nothing{};
  // Cut off, where it cannot be overwritten.
  if (::pwrite(memory_.file(), nothing.data(), nothing.size(), lent_memory::size) !=
      static_cast<ssize_t>(nothing.size()))
    memory_.leave_file();
}

}  // namespace ostler::keeper
