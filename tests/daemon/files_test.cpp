// Files of an instance, providers, the ledger, and numbers.
#include <fstream>
#include <gtest/gtest.h>

#include "tests/daemon/joined.hpp"

namespace ostler::test {
namespace {

using namespace operations;

std::string all_of(joined& all, result<control::answer> said) {
  if (!said) return said.error().message;
  auto& bytes = std::get<control::byte_answer>(*said);
  std::string out;
  for (;;) {
    auto const piece = all.run(bytes.source->next());
    if (!piece) return piece.error().message;
    if (!*piece) return out;
    out += **piece;
  }
}

class given_bytes final : public control::byte_source {
 public:
  explicit given_bytes(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  async::task<result<std::optional<std::string>>> next() override {
    if (at_ == pieces_.size()) co_return std::optional<std::string>();
    if (pieces_[at_] == "broken") co_return fail(error_code::link_lost, "the client has gone");
    co_return pieces_[at_++];
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

TEST(files, are_written_read_listed_moved_and_removed) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  given_bytes content({"one ", "two"});
  auto const written =
      all.send<files_write>({.instance = "web", .path = {"new/file"}, .parents = true}, &content);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->size, 7U);
  EXPECT_EQ(all_of(all, all.answer_to(entry_of<files_read>,
                                      write_request<files_read>({.instance = "web", .path = {"new/file"}}),
                                      joined::anybody())),
            "one two");
  auto const list = all.ask<files_list>({.instance = "web"});
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->entries.size(), 2U);
  EXPECT_EQ(list->entries.front().name.text, "file");
  EXPECT_EQ(list->entries.back().kind, file_kind::directory);
  ASSERT_TRUE(all.ask<files_move>({.instance = "web", .from = {"new/file"}, .to = {"moved"}}));
  EXPECT_EQ(all.ask<files_stat>({"web", {"moved"}})->size, 7U);
  ASSERT_TRUE(all.ask<files_remove>({.instance = "web", .path = {"moved"}}));
  EXPECT_EQ(all.ask<files_stat>({"web", {"moved"}}).error().code, error_code::file_unknown);
  ASSERT_TRUE(all.ask<files_make>({.instance = "web", .path = {"deep/er"}, .parents = true}));
  EXPECT_EQ(all.ask<files_stat>({"web", {"../out"}}).error().code, error_code::path_refused);
}

TEST(a_file, is_not_there_when_its_bytes_broke_off) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  given_bytes content({"half of it", "broken"});
  auto const refused = all.send<files_write>({.instance = "web", .path = {"half"}}, &content);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::link_lost);
  EXPECT_EQ(all.ask<files_stat>({"web", {"half"}}).error().code, error_code::file_unknown);
}

TEST(a_workspace, is_packed_and_unpacked_elsewhere) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  all.up("other", {playing("one", {"wait"})}, R"({"mode":"empty"})");
  auto packed = all_of(all, all.answer_to(entry_of<files_pack>,
                                          write_request<files_pack>({.instance = "web"}), joined::anybody()));
  EXPECT_EQ(packed.size() % 512, 0U);
  given_bytes content({packed});
  auto const done = all.send<files_unpack>({.instance = "other"}, &content);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_GE(done->files, 1U);
  EXPECT_EQ(all.ask<files_stat>({"other", {"file"}})->size, 15U);
}

TEST(a_provider, is_told_and_tested) {
  joined all;
  all.run_all(all.middle().look_around());
  all.up("web", {playing("one", {"wait"})});
  auto const list = all.ask<providers_list>({});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->providers.size(), 1U);
  EXPECT_EQ(list->providers.front().isolation, "none");
  EXPECT_EQ(list->providers.front().instances, 1U);
  EXPECT_TRUE(list->providers.front().is_default);
  EXPECT_EQ(all.ask<providers_get>({"there"}).error().code, error_code::provider_unknown);
  EXPECT_TRUE(all.ask<providers_test>({"here"})->healthy);
  EXPECT_TRUE(all.ask<operations::doctor>({})->healthy);
  auto const types = all.ask<providers_types>({});
  ASSERT_TRUE(types);
  EXPECT_EQ(types->types.front().type, "local");
}

TEST(the_ledger, tells_what_exists_because_of_us) {
  joined all;
  auto const web = all.up("web", {playing("one", {"wait"})});
  auto const held = all.ask<resources_list>({.instance = "web"});
  ASSERT_TRUE(held) << held.error().message;
  ASSERT_EQ(held->resources.size(), 2U);
  for (auto const& each : held->resources) {
    EXPECT_EQ(each.instance, web.id.text());
    EXPECT_EQ(each.state, resource_state::held);
  }
  EXPECT_EQ(all.ask<resources_list>({.kind = {"keeper"}})->resources.size(), 1U);
  EXPECT_EQ(all.ask<resources_list>({.provider = "there"}).error().code, error_code::provider_unknown);
  EXPECT_TRUE(all.ask<leaks_list>({})->leaks.empty());
  EXPECT_EQ(all.ask<leaks_remove>({"here", "directory", "nothing"}).error().code, error_code::leak_unknown);
  EXPECT_TRUE(all.ask<operations::prune>({})->removed.empty());
}

TEST(the_metrics, count_what_there_is) {
  joined all;
  all.up("web", {playing("one", {"wait"})});
  auto const text = all_of(all, all.answer_to(entry_of<operations::metrics>,
                                              write_request<operations::metrics>({}), joined::anybody()));
  EXPECT_NE(text.find("ostler_instances{state=\"running\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ostler_services{state=\"running\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("ostler_links 1\n"), std::string::npos);
}

}  // namespace
}  // namespace ostler::test
