#include "keeper/files/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::keeper {

result<reader> reader::open(workspace const& files, std::string_view path, byte_range range) {
  constexpr auto offset_max = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  if (range.offset > offset_max)
    return fail(error_code::value_out_of_range, fmt::format("no file has a byte {}", range.offset));
  range.length = std::min(range.length, offset_max - range.offset);
  auto opened = files.open_regular(path, O_RDONLY);
  if (!opened) return std::unexpected(opened.error());
  auto info = look_at(opened->get(), path);
  if (!info) return std::unexpected(info.error());
  return reader(std::move(*opened), std::move(*info), range, std::string(path));
}

result<std::size_t> reader::pull(std::span<std::byte> into) {
  auto const wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_.length, std::min(into.size(), piece_max)));
  if (wanted == 0) return 0;
  auto const got = system::uninterrupted(
      [&] { return ::pread(file_.get(), into.data(), wanted, static_cast<off_t>(left_.offset)); });
  if (got < 0) return system::fail_errno(fmt::format("read {}", shown(path_)));
  left_.offset += static_cast<std::uint64_t>(got);
  left_.length = got == 0 ? 0 : left_.length - static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

}  // namespace ostler::keeper
