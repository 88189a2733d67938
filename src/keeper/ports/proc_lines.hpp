// The lines of a file of /proc, read piece by piece into a buffer on the stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/result.hpp"
#include "system/failure.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// Calls `each(line)` until it gives false. Lines longer than the buffer are skipped.
template <class Each> result<void> for_each_line(std::string const& path, Each each) {
  system::fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system::fail_errno(fmt::format("open {}", path));
  std::array<char, 8192> buffer;
  std::size_t filled = 0;
  bool too_long = false;
  for (;;) {
    auto const got = system::uninterrupted(
        [&] { return ::read(file.get(), buffer.data() + filled, buffer.size() - filled); });
    if (got < 0) return system::fail_errno(fmt::format("read {}", path));
    if (got == 0) return {};
    filled += static_cast<std::size_t>(got);
    std::string_view rest(buffer.data(), filled);
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (!too_long && !each(rest.substr(0, end))) return {};
      too_long = false;
      rest.remove_prefix(end + 1);
    }
    if (rest.size() == buffer.size()) {
      too_long = true;
      rest.remove_prefix(rest.size());
    }
    std::memmove(buffer.data(), rest.data(), rest.size());
    filled = rest.size();
  }
}

}  // namespace ostler::keeper
