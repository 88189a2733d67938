// The few things of OpenSSL's libcrypto that the door needs, as values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostler::control {

using digest = std::array<std::uint8_t, 32>;

digest sha256(std::string_view data);
digest hmac_sha256(std::string_view key, std::string_view data);
// How long it takes does not tell where they differ.
bool equal_in_secret(digest const& one, digest const& other);
// 256 bits from the kernel.
digest random_digest();

std::string in_hex(digest const& value);
// False when it is not 64 hexadecimal digits.
bool from_hex(std::string_view text, digest& out);

// What a server answers to Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

// A digest over what comes in pieces.
class running_digest {
 public:
  running_digest();
  running_digest(running_digest const&) = delete;
  running_digest& operator=(running_digest const&) = delete;
  ~running_digest();
  running_digest& add(std::string_view data);
  // Once.
  digest value();

 private:
  void* context_;
};

}  // namespace ostler::control
