// Small files, read and written whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::system {

// `directory` as for openat(2): AT_FDCWD for paths. Close-on-exec is set always.
result<fd> open_at(int directory, std::string const& path, int flags, mode_t mode = 0600);

// Refuses what is larger than `size_max`.
result<std::string> read_file_at(int directory, std::string const& path, std::size_t size_max);

//   killed   survives the death of every process, not that of the machine
//   power    survives a power cut: the file and its name are synced
enum class survives : std::uint8_t { killed, power };

// Either the former content or the new one is there, never a part: written beside it, then renamed.
result<void> replace_file_at(int directory, std::string const& name, std::string_view content, survives what,
                             mode_t mode = 0600);

// All of it, however many calls it takes.
result<void> write_all(int to, byte_view bytes);

}  // namespace ostler::system
