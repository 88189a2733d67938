#include "system/content.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.hpp"
#include "system/failure.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"

namespace ostler::system {
namespace {

constexpr std::size_t piece_size = 128UL * 1024;
using piece = std::array<std::byte, piece_size>;

result<fd> open_file(int directory, std::string const& name) {
  auto opened = open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!opened) return opened;
  struct stat seen{};
  if (::fstat(opened->get(), &seen) != 0) return fail_errno(fmt::format("look at {}", shown(name)));
  if (!S_ISREG(seen.st_mode))
    return fail(error_code::file_changed, fmt::format("{} became something else", shown(name)));
  return opened;
}

// Less than asked for only at the end.
result<std::size_t> read_piece(int from, piece& into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    auto const got = uninterrupted([&] { return ::read(from, into.data() + filled, into.size() - filled); });
    if (got < 0) return fail_errno("read a file");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

result<std::string> target_of(int directory, std::string const& name) {
  std::string target(PATH_MAX, '\0');
  auto const length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return fail_errno(fmt::format("read the link {}", shown(name)));
  target.resize(static_cast<std::size_t>(length));
  return target;
}

result<bool> same_files(int directory, int other_directory, std::string const& name) {
  auto const one = open_file(directory, name);
  if (!one) return std::unexpected(one.error());
  auto const other = open_file(other_directory, name);
  if (!other) return std::unexpected(other.error());
  piece left{};
  piece right{};
  for (;;) {
    auto const got = read_piece(one->get(), left);
    if (!got) return std::unexpected(got.error());
    auto const got_other = read_piece(other->get(), right);
    if (!got_other) return std::unexpected(got_other.error());
    if (*got != *got_other || std::memcmp(left.data(), right.data(), *got) != 0) return false;
    if (*got < left.size()) return true;
  }
}

}  // namespace

result<entry_kind> kind_at(int directory, std::string const& name) {
  struct stat seen{};
  if (::fstatat(directory, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return entry_kind::absent;
    return fail_errno(fmt::format("look at {}", shown(name)));
  }
  if (S_ISREG(seen.st_mode)) return entry_kind::file;
  if (S_ISLNK(seen.st_mode)) return entry_kind::link;
  return S_ISDIR(seen.st_mode) ? entry_kind::directory : entry_kind::other;
}

result<std::string> content_mark(int directory, std::string const& name) {
  auto const kind = kind_at(directory, name);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == entry_kind::link) {
    auto const target = target_of(directory, name);
    if (!target) return std::unexpected(target.error());
    return "l" + sha256().add(as_bytes(*target)).hex();
  }
  auto const opened = open_file(directory, name);
  if (!opened) return std::unexpected(opened.error());
  sha256 sum;
  piece bytes{};
  for (;;) {
    auto const got = read_piece(opened->get(), bytes);
    if (!got) return std::unexpected(got.error());
    sum.add(byte_view(bytes).first(*got));
    if (*got < bytes.size()) return "f" + sum.hex();
  }
}

result<bool> same_content(int directory, int other_directory, std::string const& name) {
  auto const kind = kind_at(directory, name);
  if (!kind) return std::unexpected(kind.error());
  auto const other = kind_at(other_directory, name);
  if (!other) return std::unexpected(other.error());
  if (*kind != *other) return false;
  if (*kind == entry_kind::file) return same_files(directory, other_directory, name);
  if (*kind != entry_kind::link) return false;
  auto const target = target_of(directory, name);
  if (!target) return std::unexpected(target.error());
  auto const other_target = target_of(other_directory, name);
  if (!other_target) return std::unexpected(other_target.error());
  return *target == *other_target;
}

}  // namespace ostler::system
