// Bytes of a WebSocket, read for both roles and in pieces: what is taken is within its limits, and does not
// depend on how the bytes were cut.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "fuzz/target.hpp"
#include "wire/utf8.hpp"
#include "wire/websocket_frame.hpp"

namespace {

using namespace ostler;

constexpr std::size_t message_max = 4096;

// All that was heard, as one text.
std::string read_all(wire::websocket_role sender, std::string_view bytes, std::size_t piece) {
  wire::websocket_reader reader(sender, message_max);
  std::string out;
  while (!bytes.empty()) {
    auto const space = reader.space();
    auto const count = std::min({space.size(), bytes.size(), piece});
    bytes.copy(space.data(), count);
    reader.filled(count);
    bytes.remove_prefix(count);
    for (;;) {
      auto const next = reader.next();
      if (!next) {
        fuzz::expect_fit_to_show(next.error().message);
        return out + "refused " + std::to_string(static_cast<unsigned>(reader.refusal()));
      }
      if (!*next) break;
      auto const& found = **next;
      ensure(found.payload.size() <= message_max, "no message is beyond its limit");
      ensure(found.kind != wire::websocket_kind::text || wire::is_utf8(found.payload), "a text is UTF-8");
      out += std::to_string(static_cast<unsigned>(found.kind)) + ":" + std::string(found.payload) + "\n";
      if (found.kind == wire::websocket_kind::close)
        static_cast<void>(wire::websocket_closing_of(found.payload));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  auto const piece = static_cast<unsigned char>(input.front()) + 1UL;
  auto const bytes = input.substr(1);
  for (auto const sender : {wire::websocket_role::client, wire::websocket_role::server})
    ensure(read_all(sender, bytes, piece) == read_all(sender, bytes, bytes.size() + 1),
           "what was said does not depend on how the bytes were cut");
  return 0;
}
