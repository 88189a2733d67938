// Files read and written piece by piece.
#include "keeper/files/writer.hpp"

#include <sys/stat.h>
#include <vector>

#include "keeper/files/reader.hpp"
#include "keeper/files/test/swapper.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;
using how = write_options::how;

std::string all_of(result<reader> from) {
  if (!from) return from.error().message;
  std::string content;
  std::vector<std::byte> piece(piece_max * 2);
  for (;;) {
    auto const got = from->pull(piece);
    EXPECT_TRUE(got);
    EXPECT_LE(*got, piece_max);
    if (!got || *got == 0) return content;
    content += as_text(byte_view(piece).first(*got));
  }
}

class a_reader : public test::with_each_resolver {};
INSTANTIATE_TEST_SUITE_P(each, a_reader, testing::ValuesIn(test::both_resolvers), test::resolver_name);

TEST_P(a_reader, gives_the_file_or_a_range_of_it) {
  std::string content(200'000, 'x');
  content += "the end";
  write(inside() / "file", content);
  EXPECT_EQ(all_of(reader::open(files_, "file")), content);
  EXPECT_EQ(all_of(reader::open(files_, "file", {.offset = 200'004})), "end");
  EXPECT_EQ(all_of(reader::open(files_, "file", {.offset = 200'000, .length = 3})), "the");
  EXPECT_EQ(all_of(reader::open(files_, "file", {.offset = 300'000})), "");
  EXPECT_EQ(reader::open(files_, "file", {.offset = ~0ULL}).error().code, error_code::value_out_of_range);
  EXPECT_EQ(reader::open(files_, "file", {.offset = 1})->info().tag.size, content.size());
  EXPECT_EQ(reader::open(files_, ".").error().code, error_code::path_refused);
  EXPECT_EQ(reader::open(files_, "../outside/secret").error().code, error_code::path_refused);
}

// Each way to keep a file out of sight until it is whole.
class a_writer : public testing::TestWithParam<pending_file::kind>, public test::temporary_place {
 protected:
  result<file_info> put(std::string const& path, std::string const& content, write_options options = {}) {
    options.pending = GetParam();
    auto made = writer::open(files_, path, options);
    if (!made) return std::unexpected(made.error());
    for (std::string_view left = content; !left.empty();
         left.remove_prefix(std::min<std::size_t>(left.size(), 7)))
      if (auto done = made->push(as_bytes(left.substr(0, 7))); !done) return std::unexpected(done.error());
    return made->finish();
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(inside()), {}));
  }
  mode_t mode_of(std::string const& name) const {
    struct stat seen{};
    EXPECT_EQ(::stat((inside() / name).c_str(), &seen), 0);
    return seen.st_mode & 07777U;
  }
  workspace files_ = workspace::open(inside().string()).value();
};
INSTANTIATE_TEST_SUITE_P(
    each, a_writer, testing::Values(pending_file::kind::nameless_if_possible, pending_file::kind::hidden),
    [](auto const& info) { return info.param == pending_file::kind::hidden ? "hidden" : "nameless"; });

TEST_P(a_writer, makes_a_file_and_replaces_it_whole) {
  auto const made = put("file", "first");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->tag, look(files_, "file", last_link::kept)->tag);
  auto const former = reader::open(files_, "file");
  ASSERT_TRUE(put("file", "second, and longer"));
  EXPECT_EQ(read(inside() / "file"), "second, and longer");
  EXPECT_EQ(entries(), 1U);
}

TEST_P(a_writer, leaves_a_reader_its_former_file) {
  ASSERT_TRUE(put("file", "first"));
  auto former = reader::open(files_, "file");
  ASSERT_TRUE(put("file", "second"));
  EXPECT_EQ(all_of(std::move(former)), "first");
}

TEST_P(a_writer, leaves_nothing_when_it_is_given_up) {
  write(inside() / "file", "former");
  {
    write_options options;
    options.pending = GetParam();
    auto made = writer::open(files_, "file", options);
    ASSERT_TRUE(made);
    ASSERT_TRUE(made->push(as_bytes("half")));
    EXPECT_EQ(read(inside() / "file"), "former");
  }
  EXPECT_EQ(read(inside() / "file"), "former");
  EXPECT_EQ(entries(), 1U);
}

TEST_P(a_writer, keeps_the_mode_or_sets_the_one_it_is_given) {
  ASSERT_TRUE(put("file", "x"));
  EXPECT_EQ(mode_of("file"), 0644U);
  ASSERT_EQ(::chmod((inside() / "file").c_str(), 0750), 0);
  ASSERT_TRUE(put("file", "y"));
  EXPECT_EQ(mode_of("file"), 0750U);
  ASSERT_TRUE(put("file", "z", {.mode = 06711}));
  EXPECT_EQ(mode_of("file"), 0711U);
}

TEST_P(a_writer, writes_only_what_was_looked_at) {
  auto const first = put("file", "first");
  ASSERT_TRUE(first);
  auto const second = put("file", "again", {.if_match = first->tag});
  ASSERT_TRUE(second);
  EXPECT_EQ(put("file", "x", {.if_match = first->tag}).error().code, error_code::file_changed);
  EXPECT_EQ(put("absent", "x", {.if_match = first->tag}).error().code, error_code::file_changed);

  write_options options{.if_match = second->tag};
  auto slow = writer::open(files_, "file", options);
  ASSERT_TRUE(slow);
  ASSERT_TRUE(put("file", "between"));
  EXPECT_EQ(slow->finish().error().code, error_code::file_changed);
  EXPECT_EQ(read(inside() / "file"), "between");
}

TEST_P(a_writer, creates_without_replacing_when_told_so) {
  ASSERT_TRUE(put("file", "first", {.way = how::create_only}));
  EXPECT_EQ(put("file", "second", {.way = how::create_only}).error().code, error_code::file_exists);
  write_options options{.way = how::create_only};
  auto slow = writer::open(files_, "other", options);
  ASSERT_TRUE(slow);
  write(inside() / "other", "between");
  EXPECT_EQ(slow->finish().error().code, error_code::file_exists);
  EXPECT_EQ(read(inside() / "other"), "between");
}

TEST_P(a_writer, makes_the_directories_on_the_way_when_told_so) {
  EXPECT_EQ(put("a/b/file", "x").error().code, error_code::file_unknown);
  ASSERT_TRUE(
      put("a/b/file", "x", {.folders = write_options::parents::made, .kept = write_options::sync::power}));
  EXPECT_EQ(read(inside() / "a/b/file"), "x");
  EXPECT_EQ(put("../outside/b/file", "x", {.folders = write_options::parents::made}).error().code,
            error_code::path_refused);
  expect_outside_untouched();
}

TEST_P(a_writer, appends_to_what_is_there) {
  ASSERT_TRUE(put("file", "first ", {.way = how::append}));
  ASSERT_TRUE(put("file", "second", {.way = how::append}));
  EXPECT_EQ(read(inside() / "file"), "first second");
  fs::create_symlink("../outside/secret", inside() / "link");
  EXPECT_EQ(put("link", "x", {.way = how::append}).error().code, error_code::path_refused);
  expect_outside_untouched();
}

TEST_P(a_writer, replaces_what_a_link_points_to_and_keeps_the_link) {
  fs::create_directory(inside() / "a");
  write(inside() / "a/file", "former");
  fs::create_symlink("a/file", inside() / "link");
  fs::create_symlink("../outside/secret", inside() / "leaves");
  ASSERT_TRUE(put("link", "new"));
  EXPECT_TRUE(fs::is_symlink(inside() / "link"));
  EXPECT_EQ(read(inside() / "a/file"), "new");
  EXPECT_EQ(put("leaves", "x").error().code, error_code::path_refused);
  expect_outside_untouched();
}

TEST_P(a_writer, replaces_regular_files_only) {
  fs::create_directory(inside() / "directory");
  ASSERT_EQ(::mkfifo((inside() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(put("directory", "x").error().code, error_code::file_exists);
  EXPECT_EQ(put("fifo", "x").error().code, error_code::path_refused);
  EXPECT_EQ(put("fifo", "x", {.way = how::append}).error().code, error_code::path_refused);
}

TEST_P(a_writer, stays_inside_while_somebody_swaps_a_directory_and_a_link) {
  {
    test::swapper const attacker(*this);
    for (int round = 0; round < 2000; ++round) {
      static_cast<void>(put("door/secret", "inside!"));
      static_cast<void>(put("door/deep/new", "x", {.folders = write_options::parents::made}));
      static_cast<void>(put("door/log", "x", {.way = how::append}));
      auto from = reader::open(files_, "door/secret");
      if (from) EXPECT_EQ(all_of(std::move(from)), "inside!");
    }
  }
  expect_outside_untouched();
}

}  // namespace
}  // namespace ostler::keeper
