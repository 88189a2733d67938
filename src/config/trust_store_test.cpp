#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "config/reader.hpp"
#include "config/trust.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::config {
namespace {

class a_trust_store : public testing::Test {
 protected:
  std::string path() const { return root_ / "ostler" / "trust.json"; }
  trust_store store() const { return trust_store(path()); }

  test::temporary_directory root_{"trust"};
  project what_ = read_toml("ostler.toml", "service.web.run = \"a\"").value();
};

TEST_F(a_trust_store, keeps_what_was_agreed_to) {
  EXPECT_FALSE(store().is_trusted("/p", what_).value());
  EXPECT_EQ(store().unknown("/p", what_)->size(), 1U);
  ASSERT_TRUE(store().trust("/p", what_));
  EXPECT_TRUE(store().is_trusted("/p", what_).value());
  EXPECT_TRUE(store().revoke("/p").value());
  EXPECT_FALSE(store().revoke("/p").value());
  EXPECT_FALSE(store().is_trusted("/p", what_).value());
}

TEST_F(a_trust_store, that_is_damaged_trusts_nothing_and_is_not_written_over) {
  std::filesystem::create_directories(root_ / "ostler");
  std::ofstream(path()) << "{ damaged";
  EXPECT_FALSE(store().is_trusted("/p", what_));
  EXPECT_FALSE(store().trust("/p", what_));
  EXPECT_FALSE(store().revoke("/p"));
  EXPECT_EQ(std::filesystem::file_size(path()), 9U);
}

}  // namespace
}  // namespace ostler::config
