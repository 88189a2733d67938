#include "system/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/failure.hpp"

namespace ostler::system {

result<fd> open_at(int directory, std::string const& path, int flags, mode_t mode) {
  fd opened(uninterrupted([&] { return ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode); }));
  if (!opened) return fail_errno(fmt::format("open {}", path));
  return opened;
}

result<std::string> read_file_at(int directory, std::string const& path, std::size_t size_max) {
  auto const file = open_at(directory, path, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  std::string content;
  for (;;) {
    auto const before = content.size();
    // Files of /proc have no size to ask for, so the end is found by reading.
    content.resize(before + 4096);
    auto const got =
        uninterrupted([&] { return ::read(file->get(), content.data() + before, content.size() - before); });
    if (got < 0) return fail_errno(fmt::format("read {}", path));
    content.resize(before + static_cast<std::size_t>(got));
    if (got == 0) return content;
    if (content.size() > size_max)
      return fail(error_code::value_out_of_range, fmt::format("{} is larger than {} bytes", path, size_max));
  }
}

result<void> write_all(int to, byte_view bytes) {
  while (!bytes.empty()) {
    auto const wrote = uninterrupted([&] { return ::write(to, bytes.data(), bytes.size()); });
    if (wrote < 0) return fail_errno("write");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

namespace {

result<void> write_new_file(int directory, std::string const& name, std::string_view content, survives what,
                            mode_t mode) {
  auto const file = open_at(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  if (!file) return std::unexpected(file.error());
  if (auto done = write_all(file->get(), as_bytes(content)); !done) return done;
  if (what == survives::power && ::fdatasync(file->get()) != 0)
    return fail_errno(fmt::format("sync {}", name));
  return {};
}

}  // namespace

result<void> replace_file_at(int directory, std::string const& name, std::string_view content, survives what,
                             mode_t mode) {
  auto const beside = name + ".new";
  if (auto done = write_new_file(directory, beside, content, what, mode); !done) {
    ::unlinkat(directory, beside.c_str(), 0);
    return done;
  }
  if (::renameat(directory, beside.c_str(), directory, name.c_str()) != 0)
    return fail_errno(fmt::format("rename {} to {}", beside, name));
  if (what == survives::killed) return {};
  // The name itself is kept by the directory that holds it.
  auto const slash = name.rfind('/');
  auto const folder =
      open_at(directory, slash == std::string::npos ? "." : name.substr(0, slash), O_RDONLY | O_DIRECTORY);
  if (!folder) return std::unexpected(folder.error());
  if (::fsync(folder->get()) != 0) return fail_errno(fmt::format("sync the directory of {}", name));
  return {};
}

}  // namespace ostler::system
