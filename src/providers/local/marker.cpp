#include "providers/local/marker.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::providers::local {
namespace {

constexpr char const* marker_name = "place.json";
constexpr std::size_t marker_size_max = 64UL * 1024;

}  // namespace

result<void> write_marker(int directory, marker const& value) {
  return system::replace_file_at(directory, marker_name, wire::to_json(value), system::survives::power);
}

result<marker> read_marker(int directory) {
  // Looked at first: what is no regular file could make us wait for ever.
  struct stat seen{};
  if (::fstatat(directory, marker_name, &seen, AT_SYMLINK_NOFOLLOW) != 0)
    return system::fail_errno("look for the marker of a place");
  if (!S_ISREG(seen.st_mode))
    return fail(error_code::file_unknown, "the marker of a place is no regular file");
  auto const text = system::read_file_at(directory, marker_name, marker_size_max);
  if (!text) return std::unexpected(text.error());
  return wire::from_json<marker>(*text);
}

}  // namespace ostler::providers::local
