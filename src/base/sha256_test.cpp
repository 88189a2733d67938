#include "base/sha256.hpp"

#include <gtest/gtest.h>

namespace ostler {
namespace {

std::string of(std::string const& text) { return sha256().add(as_bytes(text)).hex(); }

// FIPS 180-2, appendix B.
TEST(a_sha256, is_the_one_of_the_standard) {
  EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(a_sha256, does_not_depend_on_the_pieces) {
  std::string const whole(300, 'x');
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    auto const text = std::string_view(whole).substr(0, size);
    auto const expected = of(std::string(text));
    for (std::size_t piece : {1UL, 7UL, 63UL, 64UL, 65UL}) {
      sha256 sum;
      for (std::size_t at = 0; at < text.size(); at += piece) sum.add(as_bytes(text.substr(at, piece)));
      EXPECT_EQ(sum.hex(), expected) << size << " in pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace ostler
