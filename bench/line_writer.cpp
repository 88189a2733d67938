// Prints so many MiB of lines of 100 bytes, 64 KiB at a time; the last line is "the end".
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>

int main(int argc, char** argv) {
  constexpr std::size_t line_size = 100;
  constexpr std::size_t write_size = 65536;
  auto left = static_cast<std::size_t>(argc > 1 ? std::atol(argv[1]) : 1024) << 20;
  constexpr std::string_view end = "the end\n";
  left -= end.size();
  // A multiple of a line and of what is written at once, so that lines stay whole across the writes.
  std::string lines(25 * write_size, '\n');
  for (std::size_t at = 0; at < lines.size(); ++at)
    if (at % line_size != line_size - 1) lines[at] = static_cast<char>('a' + (at * 7 + at / line_size) % 26);
  for (std::size_t at = 0; left > 0;) {
    auto const wrote = ::write(1, lines.data() + at, std::min(write_size - at % write_size, left));
    if (wrote <= 0) return 1;
    left -= static_cast<std::size_t>(wrote);
    at = (at + static_cast<std::size_t>(wrote)) % lines.size();
  }
  return ::write(1, end.data(), end.size()) == static_cast<ssize_t>(end.size()) ? 0 : 1;
}
