#include "system/mount.hpp"

#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::system {
namespace {

std::uint64_t id_from_proc(int opened) {
  auto const text = read_file_at(AT_FDCWD, fmt::format("/proc/self/fdinfo/{}", opened), 64UL * 1024);
  constexpr std::string_view key = "mnt_id:";
  auto const at = text ? text->find(key) : std::string::npos;
  if (at == std::string::npos) return 0;
  auto const number = text->find_first_of("0123456789", at);
  if (number == std::string::npos) return 0;
  std::uint64_t id = 0;
  std::from_chars(text->data() + number, text->data() + text->size(), id);
  return id;
}

}  // namespace

result<mount_mark> mount_of(int opened) {
  struct statx seen{};
  if (::statx(opened, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &seen) != 0)
    return fail_errno("ask for the mount of a directory");
  return mount_mark{.id = (seen.stx_mask & STATX_MNT_ID) != 0 ? seen.stx_mnt_id : id_from_proc(opened),
                    .device = (std::uint64_t{seen.stx_dev_major} << 32U) | seen.stx_dev_minor};
}

bool same_mount(mount_mark const& one, mount_mark const& other) {
  if (one.id != 0 && other.id != 0) return one.id == other.id;
  return one.device == other.device;
}

}  // namespace ostler::system
