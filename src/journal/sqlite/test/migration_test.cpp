#include "journal/sqlite/migration.hpp"

#include <gmock/gmock.h>

#include "journal/conformance/conformance.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/store.hpp"
#include "journal/sqlite/test/scratch_directory.hpp"

namespace ostler::journal::sqlite {
namespace {

using testing::HasSubstr;

class migrating : public testing::Test {
 protected:
  connection open() { return connection::open(file_, access::write).value(); }

  // As the future may look like: two steps more than a file that the first one made.
  static constexpr migration later[] = {
      {1, "CREATE TABLE thing (name TEXT NOT NULL) STRICT"},
      {2, "ALTER TABLE thing ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"},
      {3, "CREATE TABLE other (name TEXT) STRICT; INSERT INTO other SELECT name FROM thing"},
  };

  scratch_directory scratch_;
  std::filesystem::path file_ = scratch_.path() / "journal.db";
};

TEST_F(migrating, an_old_file_takes_the_steps_it_lacks_and_keeps_what_it_has) {
  auto database = open();
  ASSERT_TRUE(migrate(database, std::span(later).first(1), file_));
  ASSERT_TRUE(database.run("INSERT INTO thing VALUES ('old')"));
  ASSERT_TRUE(migrate(database, later, file_));
  EXPECT_EQ(database.text("SELECT name || ' ' || colour FROM thing"), "old grey");
  EXPECT_EQ(database.text("SELECT name FROM other"), "old");
  EXPECT_EQ(database.number("PRAGMA user_version"), 3);
  // Once only.
  ASSERT_TRUE(migrate(database, later, file_));
  EXPECT_EQ(database.number("SELECT count(*) FROM other"), 1);
}

TEST_F(migrating, a_step_that_fails_takes_all_of_them_back) {
  auto database = open();
  ASSERT_TRUE(migrate(database, std::span(later).first(1), file_));
  migration const bad[] = {later[0], later[1], {3, "CREATE TABLE other (name TEXT); nonsense"}};
  auto const refused = migrate(database, bad, file_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("nonsense"));
  EXPECT_EQ(database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_schema"), 1);
  ASSERT_TRUE(migrate(database, later, file_));
}

TEST_F(migrating, a_planted_old_journal_is_opened_by_a_later_program) {
  // The first schema there ever was, with something in it.
  {
    auto const first = migrations().first(1);
    auto old = store::open({.file = file_}, first).value();
    transaction change = numbered(1);
    transaction const* changes[] = {&change};
    ASSERT_TRUE(old.keep(changes));
  }
  {
    std::vector<migration> steps(migrations().begin(), migrations().end());
    steps.push_back({steps.back().version + 1, "CREATE TABLE later (name TEXT) STRICT"});
    auto opened = store::open({.file = file_}, steps);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->last_seq(), 1U);
  }
  // And then no more by the program of before.
  auto const refused = sqlite_journal::open({.directory = scratch_.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::journal_newer);
  EXPECT_THAT(refused.error().message, HasSubstr("has schema"));
}

TEST_F(migrating, the_file_of_another_program_is_left_alone) {
  ASSERT_TRUE(open().run("CREATE TABLE state (key TEXT)"));
  auto const refused = sqlite_journal::open({.directory = scratch_.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::journal_damaged);
  EXPECT_THAT(refused.error().message, HasSubstr("another program"));
}

TEST_F(migrating, a_file_that_lacks_its_tables_is_damaged) {
  auto database = open();
  ASSERT_TRUE(database.run("PRAGMA application_id = 1332966508; PRAGMA user_version = 1"));
  auto const refused = sqlite_journal::open({.directory = scratch_.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::journal_damaged);
  EXPECT_THAT(refused.error().message, HasSubstr("no such table"));
}

TEST(migrations, are_numbered_from_one_without_a_gap) {
  int expected = 0;
  for (auto const& step : migrations()) EXPECT_EQ(step.version, ++expected);
}

}  // namespace
}  // namespace ostler::journal::sqlite
