// Chance from the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace ostler::system {

std::uint64_t random_bits();
// 128 bits as 32 hexadecimal digits: names a process or a run so that nobody meets it by accident.
std::string random_nonce();

}  // namespace ostler::system
