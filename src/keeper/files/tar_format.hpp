// The blocks of an archive as bytes: ustar headers, and the pax records for what does not fit into them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ostler::keeper {

constexpr std::size_t tar_block_size = 512;
using tar_block = std::array<std::byte, tar_block_size>;

// POSIX, and what GNU tar adds.
enum class tar_type : char {
  file = '0',
  hard_link = '1',
  link = '2',
  character_device = '3',
  block_device = '4',
  directory = '5',
  fifo = '6',
  contiguous_file = '7',
  pax = 'x',
  pax_for_all = 'g',
  gnu_long_name = 'L',
  gnu_long_link = 'K',
  gnu_volume = 'V',
  old_file = '\0',
};

struct tar_header {
  std::string path;
  std::string link;
  tar_type type = tar_type::file;
  mode_t mode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
};

// The blocks in front of the content: one, or three and more with pax records.
std::string write_tar_header(tar_header const& header);
// Two blocks of zeros.
std::string tar_end();
// From the end of the content to the next block.
constexpr std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((tar_block_size - size % tar_block_size) % tar_block_size);
}

bool is_zero(tar_block const& block);
// Refuses a wrong checksum and numbers that do not fit.
result<tar_header> read_tar_header(tar_block const& block);

// What pax records say of the next entry.
struct pax_records {
  std::optional<std::string> path;
  std::optional<std::string> link;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> mtime_ns;
};
// Refuses sparse files: their content is no plain content.
result<pax_records> read_pax_records(std::string_view text);

}  // namespace ostler::keeper
