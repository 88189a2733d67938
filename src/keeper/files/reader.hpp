// A file, or a range of it, pulled piece by piece. It holds a descriptor and no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "keeper/files/entry.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

// What one call gives at most, so that a large file does not keep the loop.
constexpr std::size_t piece_max = 64UL * 1024;

struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = std::numeric_limits<std::uint64_t>::max();
};

class reader {
 public:
  // A range that begins behind the end is empty.
  static result<reader> open(workspace const& files, std::string_view path, byte_range range = {});

  // As it was when opened; the size is that of the whole file.
  file_info const& info() const { return info_; }
  // How many bytes were put in front of `into`; 0 at the end.
  result<std::size_t> pull(std::span<std::byte> into);

 private:
  reader(system::fd file, file_info info, byte_range range, std::string path)
      : file_(std::move(file)), info_(std::move(info)), left_(range), path_(std::move(path)) {}

  system::fd file_;
  file_info info_;
  byte_range left_;
  std::string path_;
};

}  // namespace ostler::keeper
