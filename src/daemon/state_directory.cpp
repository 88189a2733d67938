#include "daemon/state_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/bytes.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/random.hpp"

namespace ostler::daemon {
namespace {

constexpr std::size_t small_file_max = 4096;

result<void> make_directory(std::string const& path) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return system::fail_errno(fmt::format("make the state directory {}", path));
}

result<void> check_ours(std::string const& path, int directory) {
  struct stat seen{};
  if (::fstat(directory, &seen) != 0) return system::fail_errno(fmt::format("look at {}", path));
  if (seen.st_uid != ::geteuid())
    return fail(error_code::not_permitted,
                fmt::format("the state directory {} belongs to another user (uid {})", path, seen.st_uid));
  if ((seen.st_mode & 077U) != 0)
    return fail(
        error_code::not_permitted,
        fmt::format("the state directory {} is open to others (mode {:o})", path, seen.st_mode & 07777U), {},
        {fmt::format("chmod 700 {}", path)});
  return {};
}

std::string holder_of(int directory) {
  auto text = system::read_file_at(directory, "lock", small_file_max);
  if (!text || text->empty()) return "another process";
  std::erase(*text, '\n');
  return fmt::format("the daemon with pid {}", *text);
}

result<system::fd> lock(std::string const& path, int directory, when_held rule) {
  auto file = system::open_at(directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file) return file;
  bool locked = ::flock(file->get(), LOCK_EX | LOCK_NB) == 0;
  if (!locked && rule == when_held::wait)
    locked = system::uninterrupted([&] { return ::flock(file->get(), LOCK_EX); }) == 0;
  if (!locked)
    return fail(error_code::state_locked, fmt::format("{} is held by {}", path, holder_of(directory)));
  if (::ftruncate(file->get(), 0) != 0) return system::fail_errno(fmt::format("write {}/lock", path));
  if (auto done = system::write_all(file->get(), as_bytes(fmt::format("{}\n", ::getpid()))); !done)
    return std::unexpected(done.error());
  return file;
}

bool is_id(std::string_view text) {
  return text.size() == 32 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

result<std::string> own_id(std::string const& path, int directory) {
  auto text = system::read_file_at(directory, "id", small_file_max);
  if (text) {
    std::erase(*text, '\n');
    if (is_id(*text)) return text;
    // A new one would make strangers of all that exists.
    return fail(error_code::journal_damaged, fmt::format("{}/id is not the id of a daemon", path));
  }
  if (text.error().code != error_code::file_unknown) return text;
  auto made = system::random_nonce();
  auto const kept = system::replace_file_at(directory, "id", made + "\n", system::survives::power);
  if (!kept) return std::unexpected(kept.error());
  return made;
}

}  // namespace

result<state_directory> state_directory::open(std::string path, when_held rule) {
  if (auto done = make_directory(path); !done) return std::unexpected(done.error());
  auto directory = system::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (!directory) return std::unexpected(directory.error());
  if (auto done = check_ours(path, directory->get()); !done) return std::unexpected(done.error());
  auto held = lock(path, directory->get(), rule);
  if (!held) return std::unexpected(held.error());
  auto id = own_id(path, directory->get());
  if (!id) return std::unexpected(id.error());
  return state_directory(std::move(path), std::move(*directory), std::move(*held), std::move(*id));
}

}  // namespace ostler::daemon
