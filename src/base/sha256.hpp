// SHA-256, for contents that are to be known again: whoever wants to slip in another one must not be able to.
// Our own, because the keeper is one static file without libraries, and keeper and daemon must agree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace ostler {

class sha256 {
 public:
  sha256& add(byte_view bytes);
  // 64 hexadecimal digits, small letters. Once.
  std::string hex();

 private:
  static constexpr std::size_t block_size = 64;
  void add_block(std::byte const* block);

  std::array<std::uint32_t, 8> sum_{0x6a09'e667, 0xbb67'ae85, 0x3c6e'f372, 0xa54f'f53a,
                                    0x510e'527f, 0x9b05'688c, 0x1f83'd9ab, 0x5be0'cd19};
  // What does not fill a block yet.
  std::array<std::byte, block_size> waiting_{};
  std::uint64_t size_ = 0;
};

}  // namespace ostler
