#include "control/digest.hpp"

#include <cstring>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/ensure.hpp"
#include "system/random.hpp"

namespace ostler::control {
namespace {

unsigned char const* bytes_of(std::string_view data) {
  return reinterpret_cast<unsigned char const*>(data.data());
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

digest sha256(std::string_view data) {
  digest out{};
  ensure(SHA256(bytes_of(data), data.size(), out.data()) != nullptr, "a digest can be made");
  return out;
}

digest hmac_sha256(std::string_view key, std::string_view data) {
  digest out{};
  unsigned size = 0;
  auto const* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
                          out.data(), &size);
  ensure(made != nullptr && size == out.size(), "a digest with a key can be made");
  return out;
}

bool equal_in_secret(digest const& one, digest const& other) {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

digest random_digest() {
  digest out{};
  for (std::size_t at = 0; at < out.size(); at += sizeof(std::uint64_t)) {
    auto const bits = system::random_bits();
    std::memcpy(out.data() + at, &bits, sizeof bits);
  }
  return out;
}

std::string in_hex(digest const& value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto const byte : value) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

bool from_hex(std::string_view text, digest& out) {
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const high = hex_value(text[2 * i]);
    auto const low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string websocket_accept(std::string_view key) {
  std::string const data = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(bytes_of(data), data.size(), hash.data());
  // Four characters for three bytes, and the end that libcrypto writes behind them.
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> text{};
  auto const size = EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash.size()));
  return {reinterpret_cast<char const*>(text.data()), static_cast<std::size_t>(size)};
}

running_digest::running_digest() : context_(EVP_MD_CTX_new()) {
  auto* const context = static_cast<EVP_MD_CTX*>(context_);
  ensure(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1,
         "a digest can be made");
}

running_digest::~running_digest() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

running_digest& running_digest::add(std::string_view data) {
  ensure(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data.data(), data.size()) == 1,
         "a digest can be made");
  return *this;
}

digest running_digest::value() {
  digest out{};
  ensure(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), out.data(), nullptr) == 1,
         "a digest can be made");
  return out;
}

}  // namespace ostler::control
