#include "control/token_file.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>

#include "async/scope.hpp"
#include "async/test/loop.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ostler::control {
namespace {

using async::task;

class tokens_on_disk : public testing::Test {
 public:
  static std::string content(std::string const& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  static unsigned mode(std::string const& path) {
    struct stat seen{};
    return ::stat(path.c_str(), &seen) == 0 ? seen.st_mode & 07777U : 0;
  }
  std::string first_token() const {
    auto text = content(file().first_token_path());
    text.pop_back();
    return text;
  }
  token_file file() const { return token_file(directory); }

  ostler::test::temporary_directory const own{"tokens"};
  std::string const directory = own.text();
};

TEST_F(tokens_on_disk, begin_with_one_for_the_user) {
  auto const book = file().open();
  ASSERT_TRUE(book);
  EXPECT_EQ(mode(file().path()), 0600U);
  EXPECT_EQ(mode(file().first_token_path()), 0600U);
  EXPECT_EQ(book->find(first_token())->scope, token_scope::admin);
  EXPECT_EQ(content(file().path()).find(first_token().substr(8)), std::string::npos);
}

TEST_F(tokens_on_disk, are_the_same_after_a_restart) {
  auto book = file().open();
  ASSERT_TRUE(book);
  auto const token = book->add("ci", token_scope::read_only);
  ASSERT_TRUE(file().write(*book));
  auto const later = file().open();
  ASSERT_TRUE(later);
  EXPECT_EQ(later->kept(), book->kept());
  EXPECT_EQ(later->secret(), book->secret());
  EXPECT_EQ(later->find(*token)->actor, "token ci");
  EXPECT_TRUE(later->find(first_token()));
}

TEST_F(tokens_on_disk, are_refused_when_others_may_read_them) {
  ASSERT_TRUE(file().open());
  ASSERT_EQ(::chmod(file().path().c_str(), 0640), 0);
  EXPECT_EQ(file().open().error().code, error_code::not_permitted);
}

TEST_F(tokens_on_disk, are_never_taken_for_none_when_they_are_damaged) {
  ASSERT_TRUE(file().open());
  auto const whole = content(file().path());
  for (auto const& text : {std::string(), whole.substr(0, whole.size() / 2), std::string("{}"),
                           std::string(R"({"version":2,"secret":"","tokens":[]})"),
                           std::string(R"({"version":1,"secret":"00","tokens":[]})")}) {
    std::ofstream(file().path()) << text;
    EXPECT_EQ(file().open().error().code, error_code::text_malformed) << text;
  }
}

TEST_F(tokens_on_disk, are_read_again_when_they_were_changed) {
  auto book = file().open();
  ASSERT_TRUE(book);
  std::vector<std::size_t> seen;
  async::test::loop loop;
  loop.run([](tokens_on_disk* self, token_book* all, std::vector<std::size_t>* heard,
              async::home where) -> task<void> {
    auto const followed = self->file();
    async::scope scope(where, [](auto, auto const&) { ADD_FAILURE(); });
    EXPECT_TRUE(scope.spawn("follow", [&] {
      return followed.follow(
          1ms, [heard](result<token_book> got) { heard->push_back(got ? got->kept().size() : 0); });
    }));
    while (heard->empty()) co_await async::test::others_run();
    EXPECT_TRUE(all->add("ci", token_scope::read_only));
    EXPECT_TRUE(self->file().write(*all));
    while (heard->size() < 2) co_await async::test::others_run();
    co_await scope.close(0ms);
  }(this, &*book, &seen, loop.where()));
  EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2}));
}

}  // namespace
}  // namespace ostler::control
