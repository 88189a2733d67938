#include "keeper/sessions/session_logs.hpp"

#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

struct directory_closer {
  void operator()(DIR* open) const { ::closedir(open); }
};

std::vector<std::string> names_in(std::string const& path) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, directory_closer> const open(::opendir(path.c_str()));
  if (!open) return names;
  while (auto const* const entry = ::readdir(open.get())) names.emplace_back(entry->d_name);
  return names;
}

}  // namespace

std::string session_name(std::uint64_t number) { return fmt::format("s{}", number); }

std::uint64_t session_number(std::string_view name) {
  if (!name.starts_with('s')) return 0;
  name.remove_prefix(1);
  std::uint64_t number = 0;
  auto const read = std::from_chars(name.data(), name.data() + name.size(), number);
  return read.ec == std::errc() && read.ptr == name.data() + name.size() ? number : 0;
}

std::string session_logs::path_of(std::uint64_t number) const {
  return fmt::format("{}/{}", path_, session_name(number));
}

result<void> session_logs::make() const {
  if (::mkdir(path_.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return system::fail_errno(fmt::format("make the directory {}", path_));
}

std::vector<std::uint64_t> session_logs::numbers() const {
  std::vector<std::uint64_t> found;
  for (auto const& name : names_in(path_))
    if (auto const number = session_number(name); number != 0) found.push_back(number);
  return found;
}

void session_logs::empty(std::uint64_t number) const {
  auto const path = path_of(number);
  auto const directory = system::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory) return;
  for (auto const& name : names_in(path))
    if (name != "." && name != "..") ::unlinkat(directory->get(), name.c_str(), 0);
}

void session_logs::remove(std::uint64_t number) const {
  empty(number);
  ::rmdir(path_of(number).c_str());
}

}  // namespace ostler::keeper
