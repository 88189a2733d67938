#include "config/discovery.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>

#include "config/reader.hpp"

namespace ostler::config {
namespace {

// Files by path; what is named "!" cannot be read.
class false_files final : public files {
 public:
  explicit false_files(std::map<std::string, std::string> all) : all_(std::move(all)) {}
  bool is_there(std::string const& path) const override { return all_.contains(path); }
  result<std::optional<std::string>> read(std::string const& path) const override {
    auto const known = all_.find(path);
    if (known == all_.end()) return std::nullopt;
    if (known->second == "!") return fail(error_code::storage_failed, "read " + path + ": no");
    return known->second;
  }

 private:
  std::map<std::string, std::string> all_;
};

std::string found(std::map<std::string, std::string> all, std::string_view from) {
  auto const out = discover(false_files(std::move(all)), from);
  return out.file ? out.directory + " " + out.file->path : out.directory;
}

constexpr std::string_view package = R"({"scripts": {"dev": "vite"}})";

TEST(settings, are_found_on_the_way_up_to_the_root_of_the_repository) {
  EXPECT_EQ(found({{"/p/.git", ""}, {"/p/ostler.toml", ""}}, "/p/a/b/"), "/p /p/ostler.toml");
  EXPECT_EQ(found({{"/p/.git", ""}, {"/p/ostler.toml", ""}, {"/p/a/ostler.toml", ""}}, "/p/a/b"),
            "/p/a /p/a/ostler.toml");
  EXPECT_EQ(found({{"/p/.git", ""}, {"/p/.config/ostler.toml", ""}}, "/p"), "/p /p/.config/ostler.toml");
  EXPECT_EQ(found({{"/p/.git", ""}}, "/p/a"), "/p");
}

TEST(settings, are_never_looked_for_above_the_repository_nor_in_the_root_of_all) {
  EXPECT_EQ(found({{"/ostler.toml", ""}, {"/u/ostler.toml", ""}, {"/u/p/.git", ""}}, "/u/p/a"), "/u/p");
  EXPECT_EQ(found({{"/u/ostler.toml", ""}}, "/u/p"), "/u/p")
      << "without a repository only the directory itself";
  EXPECT_EQ(found({{"/u/p/ostler.toml", ""}}, "/u/p"), "/u/p /u/p/ostler.toml");
  EXPECT_EQ(found({{"/ostler.toml", ""}, {"/.git", ""}}, "/"), "/");
  EXPECT_EQ(found({{"/ostler.toml", ""}, {"/.git", ""}}, "/a/b"), "/a/b");
}

TEST(settings, of_ours_are_preferred_to_what_is_written_for_others) {
  std::map<std::string, std::string> all{{"/p/.git", ""},
                                         {"/p/a/package.json", std::string(package)},
                                         {"/p/a/Procfile", ""},
                                         {"/p/a/Procfile.dev", ""},
                                         {"/p/ostler.toml", ""}};
  EXPECT_EQ(found(all, "/p/a"), "/p /p/ostler.toml");
  all.erase("/p/ostler.toml");
  all["/p/a/compose.yaml"] = "services: {web: {command: x}}";
  EXPECT_EQ(found(all, "/p/a"), "/p/a /p/a/compose.yaml");
  all["/p/a/compose.yaml"] = "services: {db: {image: postgres}}";
  EXPECT_EQ(found(all, "/p/a"), "/p/a /p/a/Procfile.dev");
  all.erase("/p/a/Procfile.dev");
  EXPECT_EQ(found(all, "/p/a"), "/p/a /p/a/Procfile");
  all.erase("/p/a/Procfile");
  EXPECT_EQ(found(all, "/p/a"), "/p/a /p/a/package.json");
  all["/p/a/package.json"] = R"({"scripts": {"build": "x"}})";
  EXPECT_EQ(found(all, "/p/a"), "/p") << "a package without the script dev says nothing";
}

load_request request(std::string file = {}) {
  return {.working_directory = "/p/a",
          .user_directory = "/u/ostler",
          .file = std::move(file),
          .settings = {},
          .plugins = {}};
}

TEST(a_project_on_disk, is_made_of_all_its_layers) {
  false_files const all({{"/p/.git", ""},
                         {"/p/ostler.toml", "provider = \"worktree\"\n[service.web]\nrun = \"a\"\n"},
                         {"/p/ostler.local.toml", "service.web.run = \"b\"\n"},
                         {"/u/ostler/config.toml", "provider = \"docker\"\nenv.A = \"1\"\n"}});
  auto given = request();
  given.settings.push_back(setting(layer::flags, "--provider", {"provider"}, {std::string("ssh"), {}}));
  auto const out = load(all, std::move(given));
  ASSERT_TRUE(out) << out.error().detail;
  EXPECT_EQ(out->from.directory, "/p");
  EXPECT_EQ(out->what.provider, "ssh");
  EXPECT_EQ(out->what.env, std::vector<std::string>{"A=1"});
  EXPECT_EQ(out->what.services.at(0).command, std::vector<std::string>{"b"});
}

TEST(a_project_on_disk, may_be_named) {
  false_files const all({{"/p/.git", ""},
                         {"/p/ostler.toml", "!"},
                         {"/q/other.toml", "provider = \"ssh\""},
                         {"/q/.config/ostler.toml", "provider = \"fly\""},
                         {"/q/ostler.local.toml", "env.A = \"b\""}});
  EXPECT_EQ(load(all, request("/q/other.toml"))->what.provider, "ssh");
  EXPECT_EQ(load(all, request("/q/.config/ostler.toml"))->from.directory, "/q");
  EXPECT_EQ(load(all, request("/q/.config/ostler.toml"))->what.env, std::vector<std::string>{"A=b"});
  EXPECT_EQ(load(all, request("nowhere.toml")).error().code, error_code::file_unknown);
  EXPECT_EQ(load(all, request("notes.txt")).error().code, error_code::value_unknown);
}

TEST(a_project_on_disk, may_be_given_without_a_file) {
  auto given = request();
  given.given = parse_json_document({layer::project, "-", R"({"provider": "ssh"})"}).value();
  auto const out = load(
      false_files({{"/p/a/ostler.toml", "provider = \"fly\""}, {"/p/a/ostler.local.toml", "env.A = \"b\""}}),
      std::move(given));
  ASSERT_TRUE(out) << out.error().detail;
  EXPECT_EQ(out->what.provider, "ssh");
  EXPECT_EQ(out->what.env, std::vector<std::string>{"A=b"});
  EXPECT_EQ(out->from.directory, "/p/a");
  EXPECT_FALSE(out->from.file);
}

TEST(a_project_on_disk, that_cannot_be_read_is_refused) {
  EXPECT_EQ(load(false_files({{"/p/.git", ""}, {"/p/ostler.toml", "!"}}), request()).error().message,
            "read /p/ostler.toml: no");
  EXPECT_EQ(load(false_files({{"/p/.git", ""}, {"/p/ostler.local.toml", "!"}}), request()).error().code,
            error_code::storage_failed);
  auto const wrong = load(false_files({{"/p/.git", ""}, {"/u/ostler/config.toml", "x"}}), request());
  EXPECT_TRUE(wrong.error().message.starts_with("/u/ostler/config.toml:1:2: ")) << wrong.error().message;
}

TEST(a_project_on_disk, may_have_no_settings_at_all) {
  auto const out = load(false_files({{"/p/.git", ""}}), request());
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->from.file);
  EXPECT_TRUE(out->what.services.empty());
}

TEST(a_project_on_disk, is_made_of_a_procfile_and_what_is_laid_over_it) {
  false_files const all({{"/p/.git", ""},
                         {"/p/Procfile", "web: npm start -- --port $PORT\nrelease: x\n"},
                         {"/p/ostler.local.toml", "service.web.port = 3000\n"}});
  auto const out = load(all, request());
  ASSERT_TRUE(out) << out.error().detail;
  EXPECT_EQ(out->what.services.at(0).port.number, 3000);
  EXPECT_TRUE(out->what.services.at(0).ready.tcp);
  ASSERT_EQ(out->not_mapped.size(), 1U);
  EXPECT_EQ(out->not_mapped[0].line, 2U);
}

}  // namespace
}  // namespace ostler::config
