#include "keeper/start/sparing.hpp"

#include <charconv>
#include <fcntl.h>
#include <string>

#include "system/files.hpp"

namespace ostler::keeper {
namespace {

constexpr char const* adjustment_file = "/proc/self/oom_score_adj";
// Not -1000, which would make us the one who can never be taken: there is no harm that needs it.
constexpr int spared = -900;

}  // namespace

std::optional<int> ask_to_be_spared() {
  auto const before = system::read_file_at(AT_FDCWD, adjustment_file, 64);
  if (!before) return std::nullopt;
  int value = 0;
  if (std::from_chars(before->data(), before->data() + before->size(), value).ec != std::errc())
    return std::nullopt;
  if (value <= spared) return value;
  auto const file = system::open_at(AT_FDCWD, adjustment_file, O_WRONLY);
  if (!file || !system::write_all(file->get(), as_bytes(std::to_string(spared)))) return std::nullopt;
  return value;
}

}  // namespace ostler::keeper
