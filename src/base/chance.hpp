// Chance that can be replayed: the same seed gives the same numbers on every machine.
// (The distributions of the standard library differ between implementations, so they are not used.)
#pragma once

#include <cstdint>

namespace ostler {

// Mixes 64 bits thoroughly (the finaliser of splitmix64). Neighbouring inputs give unrelated outputs.
constexpr std::uint64_t scramble(std::uint64_t bits) {
  bits += 0x9e37'79b9'7f4a'7c15ULL;
  bits = (bits ^ (bits >> 30U)) * 0xbf58'476d'1ce4'e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d0'49bb'1331'11ebULL;
  return bits ^ (bits >> 31U);
}

// A number in [0, 1) from 64 random bits.
constexpr double unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1.0p-53; }

class chance {
 public:
  explicit constexpr chance(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t bits() {
    auto const drawn = scramble(state_);
    state_ += 0x9e37'79b9'7f4a'7c15ULL;
    return drawn;
  }

  // In [0, limit); limit must not be 0. The bias of at most limit/2^64 does not matter here.
  constexpr std::uint64_t below(std::uint64_t limit) {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<wide>(bits()) * limit) >> 64U);
  }

  // In [least, most].
  constexpr std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }

  constexpr double unit() { return unit_interval(bits()); }
  constexpr bool happens(double probability) { return unit() < probability; }

  // A source of its own, so that drawing more here does not change what is drawn there.
  constexpr chance fork() { return chance(bits()); }

 private:
  std::uint64_t state_;
};

}  // namespace ostler
