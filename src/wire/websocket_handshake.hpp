// How both sides of an upgrade to WebSocket know that the other one understood it (RFC 6455, 4.2.2). SHA-1
// and base64 are here because the rule asks for them; they protect nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostler::wire {

// Sec-WebSocket-Key of a client, from 128 random bits.
std::string websocket_key(std::array<std::uint64_t, 2> chance);
// Sec-WebSocket-Accept of the server that was given this key.
std::string websocket_accept(std::string_view key);

}  // namespace ostler::wire
