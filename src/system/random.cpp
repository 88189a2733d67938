#include "system/random.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include "base/ensure.hpp"

namespace ostler::system {

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  // Eight bytes are never given in part, and the pool was filled long before we ran.
  ensure(getrandom(&bits, sizeof bits, 0) == sizeof bits, "the kernel gives random bits");
  return bits;
}

std::string random_nonce() { return fmt::format("{:016x}{:016x}", random_bits(), random_bits()); }

}  // namespace ostler::system
