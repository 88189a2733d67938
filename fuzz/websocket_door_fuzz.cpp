// Bytes of a client of a WebSocket: however they are cut, the same is heard, and nothing beyond the limits.
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"
#include "control/websocket/frame.hpp"
#include "control/websocket/utf8.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace ostler;
using namespace ostler::control::websocket;

constexpr std::size_t size_max = 300;

struct outcome {
  std::vector<incoming> heard;
  std::optional<offence> wrong;
  bool operator==(outcome const&) const = default;
};

outcome read(std::string_view bytes, std::size_t piece) {
  outcome out;
  frame_reader reader(size_max);
  while (!bytes.empty() && !out.wrong) {
    auto const count = std::min(bytes.size(), piece);
    out.wrong = reader.read(as_bytes(bytes.substr(0, count)), out.heard);
    bytes.remove_prefix(count);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  auto const piece = static_cast<unsigned char>(input.front()) % 16UL + 1;
  input.remove_prefix(1);
  auto const whole = read(input, input.size());
  ensure(whole == read(input, piece), "the same is heard however the bytes are cut");
  for (auto const& one : whole.heard) {
    ensure(one.data.size() <= size_max, "no message is beyond its limit");
    ensure(one.what != opcode::text || is_strict_utf8(one.data), "a text is UTF-8");
  }
  return 0;
}
