#include "control/http/upgrade.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "control/digest.hpp"
#include "control/guard.hpp"
#include "control/parts.hpp"
#include "control/websocket/link.hpp"

namespace ostler::control::http {
namespace {

bool is_base64_of_16_bytes(std::string_view text) {
  return text.size() == 24 && text.ends_with("==") && std::ranges::all_of(text.substr(0, 22), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '/';
         });
}

bool names_websocket(std::vector<std::string_view> const& words) {
  return std::ranges::any_of(words, [](std::string_view word) {
    return std::ranges::equal(word, std::string_view("websocket"), {}, [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  });
}

async::task<void> talk_over(std::unique_ptr<websocket::link> socket, conversation talk) {
  co_await talk(socket.get());
  co_await socket->finish();
}

}  // namespace

result<upgrade_agreed> agree_to_upgrade(request_head const& head) {
  auto const keys = head.all("sec-websocket-key");
  auto const versions = head.all("sec-websocket-version");
  bool const asks =
      head.method == "GET" && head.is_1_1 && head.upgrade && names_websocket(head.list("upgrade"));
  if (!asks)
    return fail(error_code::usage,
                "this is a websocket; ask with GET, `Connection: Upgrade` and `Upgrade: websocket`");
  if (versions.size() != 1 || versions[0] != "13")
    return fail(error_code::usage, "the websocket needs `Sec-WebSocket-Version: 13`");
  if (keys.size() != 1 || !is_base64_of_16_bytes(keys[0]))
    return fail(error_code::usage, "the websocket needs one Sec-WebSocket-Key of 16 bytes in base 64");
  if (!head.size || *head.size > 0) return fail(error_code::usage, "a request for a websocket has no body");
  auto const offered = head.list("sec-websocket-protocol");
  std::string_view chosen;
  for (auto const one : offered)
    if (one == our_protocol || (chosen.empty() && one.starts_with(token_protocol))) chosen = one;
  return upgrade_agreed{.accept = websocket_accept(keys[0]), .protocol = std::string(chosen)};
}

void start_conversation(parts& shared, stream connected, caller::pass shown, std::string_view early,
                        conversation talk) {
  auto socket = std::make_unique<websocket::link>(shared, std::move(connected), shown, early);
  // When the server is closing, nobody takes it, and it ends with its owner.
  [[maybe_unused]] bool const taken =
      shared.running.spawn("websocket", [socket = std::move(socket), talk = std::move(talk)]() mutable {
        return talk_over(std::move(socket), std::move(talk));
      });
}

}  // namespace ostler::control::http
