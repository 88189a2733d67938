// Archives that mean harm, are damaged, or are too large.
#include "keeper/files/tar_reader.hpp"

#include <sys/stat.h>

#include "keeper/files/tar_target.hpp"
#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper {
namespace {

namespace fs = std::filesystem;

std::string entry(tar_header header, std::string_view content = {}) {
  header.size = content.size();
  return write_tar_header(header) + std::string(content) + std::string(tar_padding(content.size()), '\0');
}

std::string file(std::string const& path, std::string_view content = "x", mode_t mode = 0644) {
  return entry({.path = path, .link = {}, .type = tar_type::file, .mode = mode, .mtime_ns = 1'000'000'000},
               content);
}

std::string link(std::string const& path, std::string const& target, tar_type type = tar_type::link) {
  return entry({.path = path, .link = target, .type = type});
}

class a_tar_reader : public test::with_each_resolver {
 protected:
  result<tar_report> unpack(std::string const& bytes, tar_limits limits = {}) {
    tar_target target(files_.beneath("target").value());
    tar_reader reader(target, limits);
    if (auto done = reader.push(as_bytes(bytes)); !done) {
      EXPECT_EQ(reader.push(as_bytes(bytes)).error(), done.error());
      return std::unexpected(done.error());
    }
    return reader.finish();
  }
  error_code refusal(std::string const& bytes, tar_limits limits = {}) {
    auto const done = unpack(bytes + tar_end(), limits);
    EXPECT_FALSE(done);
    return done ? error_code::usage : done.error().code;
  }
  fs::path target() const { return inside() / "target"; }
  void SetUp() override { fs::create_directory(target()); }
  void TearDown() override { expect_outside_untouched(); }
};
INSTANTIATE_TEST_SUITE_P(each, a_tar_reader, testing::ValuesIn(test::both_resolvers), test::resolver_name);

TEST_P(a_tar_reader, refuses_paths_that_leave) {
  for (std::string const path : {"/etc/x", "../x", "a/../../x", "a/..", ".."})
    EXPECT_EQ(refusal(file(path)), error_code::path_refused) << path;
  EXPECT_TRUE(fs::is_empty(target()));
}

TEST_P(a_tar_reader, refuses_links_that_leave_and_everything_through_links) {
  for (std::string const to : {"/etc", "../x", "a/../../..", "..", ""})
    EXPECT_EQ(refusal(link("link", to)), error_code::path_refused) << to;
  EXPECT_EQ(refusal(link("a/link", "../../x")), error_code::path_refused);
  EXPECT_EQ(refusal(link("stays", "a") + file("a/x") + file("stays/y")), error_code::path_refused);
  fs::create_symlink("../../outside", target() / "leaves");
  EXPECT_EQ(refusal(file("leaves/new")), error_code::path_refused);
  EXPECT_EQ(refusal(entry({.path = "leaves/", .link = {}, .type = tar_type::directory})),
            error_code::file_exists);
  EXPECT_EQ(refusal(link("hard", "leaves/secret", tar_type::hard_link)), error_code::path_refused);
  EXPECT_EQ(refusal(link("hard", "leaves", tar_type::hard_link)), error_code::path_refused);
  EXPECT_EQ(refusal(link("hard", "../x", tar_type::hard_link)), error_code::path_refused);
  // The link itself is replaced, not what it points to.
  EXPECT_TRUE(unpack(file("leaves") + tar_end()));
  EXPECT_FALSE(fs::is_symlink(target() / "leaves"));
}

TEST_P(a_tar_reader, takes_links_that_stay) {
  ASSERT_TRUE(
      unpack(link("a/b/link", "../../c/d") + link("a/other", "./b/link") + link("a/other", "b") + tar_end()));
  EXPECT_EQ(fs::read_symlink(target() / "a/b/link"), "../../c/d");
  EXPECT_EQ(fs::read_symlink(target() / "a/other"), "b");
}

TEST_P(a_tar_reader, refuses_devices_and_takes_setuid_away) {
  for (auto const type : {tar_type::character_device, tar_type::block_device, tar_type::fifo})
    EXPECT_EQ(refusal(entry({.path = "device", .link = {}, .type = type})), error_code::path_refused);
  ASSERT_TRUE(unpack(file("file", "x", 07755) + tar_end()));
  struct stat seen{};
  ASSERT_EQ(::stat((target() / "file").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 07777U, 0755U);
  EXPECT_EQ(seen.st_mtim.tv_sec, 1);
}

TEST_P(a_tar_reader, keeps_to_its_limits) {
  EXPECT_EQ(refusal(file("a", "12345") + file("b", "12345"), {.bytes_max = 9}),
            error_code::value_out_of_range);
  EXPECT_EQ(refusal(file("a") + file("b") + file("c"), {.entries_max = 2}), error_code::value_out_of_range);
  EXPECT_EQ(refusal(file("a/b/c"), {.depth_max = 2}), error_code::value_out_of_range);
  EXPECT_EQ(refusal(file("long/path"), {.path_max = 8}), error_code::value_out_of_range);
  EXPECT_EQ(refusal(file(std::string(256, 'n'))), error_code::value_out_of_range);
  tar_header const bomb{.path = "x", .link = {}, .type = tar_type::pax, .size = 1ULL << 20U};
  EXPECT_EQ(refusal(write_tar_header(bomb)), error_code::value_out_of_range);
}

TEST_P(a_tar_reader, says_what_was_written_of_an_archive_that_ends_early) {
  auto const whole = file("first") + file("second", std::string(2000, 'x'));
  auto const done = unpack(whole.substr(0, whole.size() - 1000));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message,
            "the archive ends before its end mark; 1 entries were written before, the last was 'first'");
  EXPECT_TRUE(fs::exists(target() / "first"));
  EXPECT_EQ(std::distance(fs::directory_iterator(target()), {}), 1);
  EXPECT_EQ(unpack("").error().message, "the archive ends before its end mark; nothing was written");
}

TEST_P(a_tar_reader, refuses_what_is_no_archive) {
  EXPECT_EQ(refusal(std::string(512, 'x')), error_code::text_malformed);
  auto damaged = file("file");
  damaged[0] ^= 1;
  EXPECT_EQ(refusal(damaged), error_code::text_malformed);
  for (std::string const text :
       {"5 a=b", "99 path=x\n", "x path=x\n", "4 x\n", "12 size=abc\n", "11 mtime=x\n"})
    EXPECT_EQ(refusal(entry({.path = "pax", .link = {}, .type = tar_type::pax}, text)),
              error_code::text_malformed)
        << text;
  EXPECT_EQ(refusal(entry({.path = "pax", .link = {}, .type = tar_type::pax}, "22 GNU.sparse.major=1\n")),
            error_code::feature_missing);
  EXPECT_EQ(refusal(entry({.path = "odd", .link = {}, .type = static_cast<tar_type>('M')})),
            error_code::feature_missing);
}

TEST_P(a_tar_reader, does_not_put_a_file_where_a_directory_is) {
  fs::create_directory(target() / "name");
  EXPECT_EQ(refusal(file("name")), error_code::file_exists);
  EXPECT_TRUE(fs::is_directory(target() / "name"));
}

TEST_P(a_tar_reader, gives_a_file_a_second_name_as_often_as_it_is_told) {
  auto const twice = link("b", "a", tar_type::hard_link) + link("b", "a", tar_type::hard_link);
  ASSERT_TRUE(unpack(file("a") + twice + tar_end()));
  EXPECT_TRUE(fs::equivalent(target() / "a", target() / "b"));
  EXPECT_EQ(std::distance(fs::directory_iterator(target()), {}), 2);
}

TEST(a_tar_header, holds_what_does_not_fit_into_ustar) {
  tar_header const large{.path = std::string(300, 'p'),
                         .link = {},
                         .type = tar_type::file,
                         .mode = 0600,
                         .size = 1ULL << 40U,
                         .mtime_ns = -1'500'000'000};
  auto const blocks = write_tar_header(large);
  tar_block block{};
  std::ranges::copy(as_bytes(blocks).first(tar_block_size), block.begin());
  auto const extension = read_tar_header(block);
  ASSERT_TRUE(extension);
  EXPECT_EQ(extension->type, tar_type::pax);
  auto const records = read_pax_records(std::string_view(blocks).substr(tar_block_size, extension->size));
  ASSERT_TRUE(records);
  EXPECT_EQ(records->path, large.path);
  EXPECT_EQ(records->size, large.size);
  EXPECT_EQ(records->mtime_ns, large.mtime_ns);
}

TEST(a_link_in_an_archive, stays_when_it_goes_up_no_further_than_it_is_deep) {
  EXPECT_TRUE(link_stays("a/b", "../c"));
  EXPECT_TRUE(link_stays("a", "b/c"));
  EXPECT_FALSE(link_stays("a", "../b"));
  EXPECT_FALSE(link_stays("a/b/c", "d/../e"));
  EXPECT_FALSE(link_stays("a/b", "../../c"));
  EXPECT_FALSE(link_stays("a", "/b"));
}

}  // namespace
}  // namespace ostler::keeper
