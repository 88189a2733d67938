// Bytes of a WebSocket, read for both roles: however they are cut, the same is heard, and nothing is beyond
// the limits.
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"
#include "fuzz/target.hpp"
#include "wire/utf8.hpp"
#include "wire/websocket_frame.hpp"

namespace {

using namespace ostler;

constexpr std::size_t message_max = 4096;

struct outcome {
  std::vector<wire::websocket_heard> heard;
  std::optional<wire::websocket_offence> wrong;

  bool operator==(outcome const&) const = default;
};

outcome read(wire::websocket_role sender, std::string_view bytes, std::size_t piece) {
  outcome out;
  wire::websocket_reader reader(sender, message_max);
  while (!bytes.empty() && !out.wrong) {
    auto const count = std::min(bytes.size(), piece);
    out.wrong = reader.read(as_bytes(bytes.substr(0, count)), out.heard);
    ensure(reader.held() <= 2 * message_max + wire::websocket_control_max,
           "no more is held than one message may have");
    bytes.remove_prefix(count);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  auto const piece = static_cast<unsigned char>(input.front()) + 1UL;
  auto const bytes = input.substr(1);
  for (auto const sender : {wire::websocket_role::client, wire::websocket_role::server}) {
    auto const whole = read(sender, bytes, bytes.size() + 1);
    ensure(whole == read(sender, bytes, piece), "what was said does not depend on how the bytes were cut");
    for (auto const& one : whole.heard) {
      ensure(one.data.size() <= message_max, "no message is beyond its limit");
      ensure(one.kind != wire::websocket_kind::text || wire::is_utf8(one.data), "a text is UTF-8");
    }
    if (whole.wrong)
      ensure(wire::websocket_close_payload(whole.wrong->code, whole.wrong->why).size() ==
                 2 + whole.wrong->why.size(),
             "why it is refused can be told whole");
  }
  return 0;
}
