// The local place under the suite for all kinds, in its three modes.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <unistd.h>

#include "async/pool.hpp"
#include "providers/conformance/killed.hpp"
#include "providers/local/local.hpp"
#include "system/process.hpp"
#include "tests/support/own_cgroups.hpp"
#include "tests/support/temporary_directory.hpp"
#include "wire/json.hpp"

namespace ostler::providers::local {
namespace {

namespace fs = std::filesystem;

// Beside the test.
std::string keeper_program() {
  return (fs::read_symlink("/proc/self/exe").parent_path() / "ostler-keeper").string();
}

class local_rig final : public rig {
 public:
  explicit local_rig(std::string mode) : mode_(std::move(mode)) {
    mark_ = fmt::format("TEST_RIG={}", base_.text());
    fs::create_directories(base_ / "project/src/deep");
    for (int at = 0; at < 60; ++at)
      std::ofstream(base_ / "project/src/deep" / std::to_string(at)) << std::string(20'000, 'x');
    // Longer than the path of a socket may be.
    root_ = base_ / std::string(100, 'r');
  }

  ~local_rig() override {
    close();
    for (auto const pid : processes())
      if (auto const held = system::open_pidfd(pid)) {
        static_cast<void>(system::signal_pidfd(held.get(), SIGKILL));
        pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
        ::poll(&wait, 1, 60'000);
      }
  }

  provider& subject() override { return *provider_; }

  void close() override {
    provider_.reset();
    workers_.reset();
  }

  void open(async::test::loop& on) override {
    close();
    workers_ = std::make_unique<async::pool>(4);
    local_options options{.root = root_.string(),
                          .keeper_program = keeper_program(),
                          .environment = {"PATH=/usr/bin:/bin", mark_}};
    auto made = local_provider::open(std::move(options), *workers_);
    if (!made) throw std::runtime_error(made.error().message);
    provider_ = std::move(*made);
    auto const swept = on.run(provider_->sweep({}));
    if (!swept || !swept->empty()) throw std::runtime_error("something could not be swept");
  }

  std::string daemon() const override { return "daemon-of-the-test"; }
  std::string project() const override { return (base_ / "project").string(); }
  std::string settings() const override { return fmt::format(R"({{"mode":"{}"}})", mode_); }

  bool occupy(named_resource const& what) override {
    fs::create_directories(root_ / "places" / what.name / "precious");
    std::ofstream(root_ / "places" / what.name / "precious/file") << "kept";
    return true;
  }
  bool occupied(named_resource const& what) override {
    return fs::exists(root_ / "places" / what.name / "precious/file");
  }

  bool kill_keeper(place const& where) override {
    auto const ident = wire::from_json<keeper_ident>(text_of(home_of(where) / "ident"));
    if (!ident) return false;
    auto const held = system::open_pidfd(static_cast<pid_t>(ident->pid));
    pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
    return held && system::signal_pidfd(held.get(), SIGKILL) && ::poll(&wait, 1, 60'000) == 1;
  }

  bool pretend(place const& where, early_death how) override {
    auto const home = home_of(where);
    if (how == early_death::before_its_door) return fs::remove(home / "keeper.sock");
    auto text = text_of(home / "ident");
    std::string const former = "\"generation\":1";
    auto const at = text.find(former);
    if (at == std::string::npos) return false;
    text.replace(at, former.size(), "\"generation\":2");
    std::ofstream(home / "ident") << text;
    return true;
  }

  std::size_t running() override { return processes().size(); }

  std::vector<std::string> left_groups() override { return cgroups_.of_keepers(); }

  std::vector<std::string> left() override {
    std::vector<std::string> all;
    for (auto const* folder : {"places", "trash", "making"})
      for (auto const& entry : fs::directory_iterator(root_ / folder)) all.push_back(entry.path().string());
    // One that was told to begin and finds nothing to hold may still be on its way out.
    for (auto const pid : processes())
      if (auto const held = system::open_pidfd(pid)) {
        pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
        if (::poll(&wait, 1, 20'000) != 1) all.push_back(fmt::format("process {}", pid));
      }
    if (!fs::exists(base_ / "project/src/deep/59")) all.emplace_back("the project is damaged");
    return all;
  }

 private:
  static std::string text_of(fs::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path home_of(place const& where) const {
    auto const home = std::ranges::find_if(
        where.resources, [](auto const& one) { return one.kind == "directory" && one.label == "keeper"; });
    return root_ / "places" / home->name / "keeper";
  }

  // Whoever was started by a provider of ours, by the mark in its environment. What begins with OSTLER_,
  // services would not inherit.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> found;
    auto const all = system::all_processes();
    if (!all) return found;
    for (auto const pid : *all) {
      auto const stat = system::stat_of(pid);
      if (stat && !stat->ended() && system::environment_of(pid, "TEST_RIG") == base_.text())
        found.push_back(pid);
    }
    return found;
  }

  std::string mode_;
  // Before all that could still be in them.
  test::own_cgroups cgroups_;
  test::temporary_directory base_{"local"};
  fs::path root_;
  std::string mark_;
  std::unique_ptr<async::pool> workers_;
  std::unique_ptr<local_provider> provider_;
};

rig_kind const kinds[] = {
    {"in_place", [] { return std::unique_ptr<rig>(std::make_unique<local_rig>("in_place")); }},
    {"copy", [] { return std::unique_ptr<rig>(std::make_unique<local_rig>("copy")); }},
    {"empty", [] { return std::unique_ptr<rig>(std::make_unique<local_rig>("empty")); }},
};

}  // namespace
}  // namespace ostler::providers::local

namespace ostler::providers {
namespace {

auto const name_of_kind = [](auto const& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(local, conformance, testing::ValuesIn(local::kinds), name_of_kind);
INSTANTIATE_TEST_SUITE_P(local, conformance_killed, testing::ValuesIn(local::kinds), name_of_kind);

}  // namespace
}  // namespace ostler::providers
