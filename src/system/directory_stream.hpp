// Directories read name by name.
#pragma once

#include <dirent.h>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::system {

// An open directory and the names in it, in the order of the file system, without "." and "..".
class directory_stream {
 public:
  directory_stream() = default;
  static result<directory_stream> open(fd directory, std::string_view path);

  struct item {
    // Until the next call.
    char const* name;
    // As in dirent: DT_DIR, DT_UNKNOWN...
    unsigned char type;
  };
  // None at the end.
  result<std::optional<item>> next();
  int get() const { return ::dirfd(stream_.get()); }
  explicit operator bool() const { return stream_ != nullptr; }

 private:
  struct closer {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, closer> stream_;
};

}  // namespace ostler::system
