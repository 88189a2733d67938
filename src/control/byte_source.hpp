// Bytes that come piece by piece: the body of a request, or an answer too large or too long to be held.
//
// Whoever reads sets the pace: nothing is fetched before next() is awaited, so a slow reader slows the source
// down and memory stays bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "base/result.hpp"

namespace ostler::control {

class byte_source {
 public:
  byte_source() = default;
  byte_source(byte_source const&) = delete;
  byte_source& operator=(byte_source const&) = delete;
  virtual ~byte_source() = default;

  // Some bytes, at best not more than 64 KiB; none at the end, and again none when asked again. An error ends
  // it too. One call at a time.
  virtual async::task<result<std::optional<std::string>>> next() = 0;
};

// An answer of bytes. One that fails in the middle is cut off, so that nobody takes a part for the whole.
struct byte_answer {
  // As in Content-Type; empty: what the operation says of itself.
  std::string media;
  // When it is known. The source must give exactly so many.
  std::optional<std::uint64_t> size;
  std::unique_ptr<byte_source> source;
};

}  // namespace ostler::control
