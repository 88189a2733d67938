#include "control/tokens.hpp"

#include <gtest/gtest.h>

namespace ostler::control {
namespace {

instance_id number(std::uint64_t n) { return instance_id::make(wall_time(1s), n, n); }

TEST(tokens, are_known_by_who_bears_them) {
  token_book book(random_digest(), {});
  auto const first = book.add(first_token_name, token_scope::admin);
  auto const other = book.add("ci", token_scope::read_only);
  ASSERT_TRUE(first && other);
  EXPECT_NE(*first, *other);
  EXPECT_EQ(book.find(*first)->actor, "user");
  EXPECT_EQ(book.find(*first)->scope, token_scope::admin);
  EXPECT_EQ(book.find(*other)->actor, "token ci");
  EXPECT_FALSE(book.find(""));
  EXPECT_FALSE(book.find(first->substr(1)));
  EXPECT_FALSE(book.find(std::string(100'000, 'x')));
}

TEST(tokens, are_not_in_what_is_kept) {
  token_book book(random_digest(), {});
  auto const token = book.add("ci", token_scope::admin);
  ASSERT_TRUE(token);
  EXPECT_FALSE(token->ends_with(in_hex(book.kept().front().hash)));
  EXPECT_TRUE(token_book(book.secret(), book.kept()).find(*token));
}

TEST(tokens, are_nobodys_once_they_are_revoked) {
  token_book book(random_digest(), {});
  auto const token = book.add("ci", token_scope::admin);
  EXPECT_TRUE(book.revoke("ci"));
  EXPECT_FALSE(book.revoke("ci"));
  EXPECT_FALSE(book.find(*token));
}

TEST(tokens, have_names_of_their_own) {
  token_book book(random_digest(), {});
  EXPECT_TRUE(book.add("ci", token_scope::admin));
  EXPECT_EQ(book.add("ci", token_scope::admin).error().code, error_code::name_taken);
  EXPECT_EQ(book.add("no name", token_scope::admin).error().code, error_code::name_invalid);
}

TEST(tokens, of_an_instance_are_the_same_after_a_restart_and_good_for_no_other) {
  auto const secret = random_digest();
  auto const token = token_book(secret, {}).of_instance(number(1));
  token_book const later(secret, {});
  EXPECT_EQ(later.of_instance(number(1)), token);
  EXPECT_EQ(later.find(token)->instance, number(1));
  EXPECT_EQ(later.find(token)->scope, token_scope::one_instance);
  EXPECT_FALSE(token_book(random_digest(), {}).find(token));
  // The proof of one with the id of another.
  auto forged = later.of_instance(number(2));
  auto const proof = token.substr(token.rfind('_'));
  forged.replace(forged.rfind('_'), proof.size(), proof);
  EXPECT_FALSE(later.find(forged));
  EXPECT_FALSE(later.find("ostler_ins_"));
  EXPECT_FALSE(later.find("ostler_ins__" + proof));
}

TEST(a_digest, is_what_the_standards_say) {
  EXPECT_EQ(in_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(in_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(running_digest().add("a").add("bc").value(), sha256("abc"));
  digest read{};
  EXPECT_TRUE(from_hex(in_hex(sha256("abc")), read));
  EXPECT_EQ(read, sha256("abc"));
  EXPECT_FALSE(from_hex("00", read));
  EXPECT_FALSE(from_hex(std::string(64, 'g'), read));
}

}  // namespace
}  // namespace ostler::control
