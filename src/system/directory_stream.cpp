#include "system/directory_stream.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "system/failure.hpp"
#include "system/path_text.hpp"

namespace ostler::system {

result<directory_stream> directory_stream::open(fd directory, std::string_view path) {
  directory_stream made;
  made.stream_.reset(::fdopendir(directory.get()));
  if (!made) return fail_errno(fmt::format("list {}", shown(path)));
  // The stream closes it.
  static_cast<void>(directory.release());
  return made;
}

result<std::optional<directory_stream::item>> directory_stream::next() {
  for (;;) {
    errno = 0;
    auto const* found = ::readdir(stream_.get());
    if (found == nullptr) {
      // A directory removed under the stream is at its end.
      if (errno != 0 && errno != ENOENT) return fail_errno("read a directory");
      return std::nullopt;
    }
    std::string_view const name = found->d_name;
    if (name != "." && name != "..") return item{.name = found->d_name, .type = found->d_type};
  }
}

}  // namespace ostler::system
