// What lies under a name: kind, size, mode, time; and directories listed page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "keeper/files/workspace.hpp"
#include "system/directory_stream.hpp"

struct stat;

namespace ostler::keeper {

enum class entry_kind : std::uint8_t { file, directory, link, fifo, socket, device };
std::string_view name_of(entry_kind kind);

// Tells one content of a file from the next. A file replaced as a whole is another one even when size and
// time agree, hence the inode; a change within one tick of the file system's clock that keeps the size is not
// seen.
struct file_tag {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(file_tag const&) const = default;
};

struct file_info {
  entry_kind kind = entry_kind::file;
  // Permissions with setuid, setgid and sticky.
  mode_t mode = 0;
  file_tag tag;
  // What a link says; empty for everything else.
  std::string target;
};

file_info describe(struct stat const& seen);
// Of an open descriptor.
result<file_info> look_at(int opened, std::string_view path);
// A link is told as itself unless followed.
result<file_info> look(workspace const& files, std::string_view path, last_link last);

using system::directory_stream;

struct listed_entry {
  std::string name;
  file_info info;
};

struct listing_page {
  // Sorted by the bytes of their names.
  std::vector<listed_entry> entries;
  // Where the next page begins; none when this was the last.
  std::optional<std::string> next;
};

// One page of a directory: the first `limit` names after `after`. Memory grows with the page, never with the
// directory; the time grows with the directory, so the work is cut into steps.
class listing {
 public:
  static constexpr std::size_t limit_max = 1000;

  static result<listing> open(workspace const& files, std::string_view path, std::size_t limit,
                              std::string after = {});
  // True when the page is complete.
  result<bool> step();
  listing_page take();

 private:
  static constexpr int names_a_step = 4096;
  static constexpr int looks_a_step = 256;
  result<bool> look_at_some();
  void keep(std::string_view name);

  directory_stream directory_;
  std::size_t limit_ = 0;
  std::string after_;
  // While reading a heap with the largest name first, then sorted.
  std::vector<std::string> names_;
  std::size_t looked_ = 0;
  bool more_ = false;
  bool read_ = false;
  listing_page page_;
};

}  // namespace ostler::keeper
