#include "daemon/log.hpp"

#include <array>
#include <fmt/format.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/name.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"

namespace ostler::daemon {
namespace {

constexpr std::array<std::string_view, 3> words{"info ", "warn ", "error"};

std::string escaped(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

}  // namespace

void log(importance how, std::string_view text) {
  auto const line = fmt::format("{} {} {}\n", format_wall_time(system::wall_now()),
                                words.at(static_cast<std::size_t>(how)), escaped(text));
  // Nobody could be told that it cannot be written.
  static_cast<void>(system::write_all(STDERR_FILENO, as_bytes(line)));
}

}  // namespace ostler::daemon
