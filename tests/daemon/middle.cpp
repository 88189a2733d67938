#include "tests/daemon/middle.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <utility>

#include "providers/local/keeper_home.hpp"
#include "system/clock.hpp"
#include "system/process.hpp"
#include "system/random.hpp"
#include "tests/daemon/leftovers.hpp"
#include "wire/json.hpp"

namespace ostler::test {

namespace fs = std::filesystem;

namespace {

constexpr auto patience = std::chrono::seconds(60);

void kill_and_wait(pid_t pid) {
  auto const held = system::open_pidfd(pid);
  if (!held) return;
  static_cast<void>(system::signal_pidfd(held.get(), SIGKILL));
  pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
  ::poll(&wait, 1, 60'000);
}

async::task<void> close_whole(supervisor::supervisor* whole, bool* closed) {
  co_await whole->close();
  *closed = true;
}

async::task<void> ask_whole(supervisor::supervisor* whole, lifecycle::fleet_input what,
                            std::optional<result<instance_id>>* said) {
  said->emplace(co_await whole->ask(std::move(what)));
}

}  // namespace

class middle::ear final : public supervisor::listener {
 public:
  explicit ear(std::vector<lifecycle::fleet_event>& to) : to_(to) {}
  void happened(lifecycle::fleet_event const& what, lifecycle::instance const*) override {
    to_.push_back(what);
  }
  void overheard(instance_id, wire::keeper_event const&) override {}
  void beaten(instance_id) override {}
  void progressed(instance_id, providers::progress const&) override {}

 private:
  std::vector<lifecycle::fleet_event>& to_;
};

std::string middle::program(std::string const& name) {
  return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

wire::service_spec middle::service(std::string name, std::vector<std::string> words) {
  wire::service_spec made{.name = std::move(name), .command = {program("keeper_test_service")}};
  made.command.insert(made.command.end(), words.begin(), words.end());
  return made;
}

middle::middle() {
  auto pattern = (fs::temp_directory_path() / "ostler-daemon-XXXXXX").string();
  base_ = ::mkdtemp(pattern.data());
  fs::create_directories(base_ / "project");
  fs::create_directories(base_ / "state");
  fs::permissions(base_ / "state", fs::perms::owner_all);
}

middle::~middle() {
  if (supervisor_) let_go();
  for (auto const pid : processes()) {
    ADD_FAILURE() << "process " << pid << " was left";
    kill_and_wait(pid);
  }
  remove_cgroups_of_homes(base_);
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

void middle::begin() {
  workers_ = std::make_unique<async::pool>(4);
  auto kept = journal::sqlite_journal::open({.directory = base_ / "state" / "journal"});
  if (!kept) throw std::runtime_error(kept.error().message);
  journal_ = std::move(*kept);
  auto place = providers::local::local_provider::open(
      {.root = (base_ / "state" / "local").string(),
       .keeper_program = program("ostler-keeper"),
       .environment = {"PATH=/usr/bin:/bin", fmt::format("OSTLER_TEST_RIG={}", base_.string())}},
      *workers_);
  if (!place) throw std::runtime_error(place.error().message);
  local_ = std::move(*place);
  supervisor_ = std::make_unique<supervisor::supervisor>(
      supervisor::supervisor_needs{.where = io_.get_executor(),
                                   .kept_in = journal_.get(),
                                   .rules = {},
                                   .daemon = "daemon-of-the-test",
                                   .providers = {{.name = "local", .type = "local", .place = local_.get()}},
                                   .environment = {},
                                   .log = [](std::string const& text) { fmt::print("  log: {}\n", text); }});
  ear_ = std::make_unique<ear>(told_);
  supervisor_->listen(*ear_);
  auto const begun = supervisor_->begin();
  if (!begun) throw std::runtime_error(begun.error().message);
}

void middle::let_go() {
  bool closed = false;
  boost::asio::co_spawn(io_, close_whole(supervisor_.get(), &closed), boost::asio::detached);
  until([&] { return closed; }, "the supervisor closes");
  supervisor_.reset();
  local_.reset();
  journal_.reset();
  workers_.reset();
  io_.poll();
}

void middle::until(std::function<bool()> const& holds, std::string_view what) {
  auto const end = std::chrono::steady_clock::now() + patience;
  io_.restart();
  while (!holds()) {
    auto const left = end - std::chrono::steady_clock::now();
    if (left < std::chrono::seconds(0)) throw std::runtime_error(fmt::format("it never came: {}", what));
    if (io_.run_one_for(left) == 0) io_.restart();
  }
}

result<instance_id> middle::ask(lifecycle::fleet_input what) {
  std::optional<result<instance_id>> said;
  boost::asio::co_spawn(io_, ask_whole(supervisor_.get(), std::move(what), &said), boost::asio::detached);
  until([&] { return said.has_value(); }, "an answer");
  return *said;
}

instance_id middle::create(std::string name, std::vector<wire::service_spec> services) {
  auto const id = instance_id::make(system::wall_now(), system::random_bits(), system::random_bits());
  supervisor::instance_wish wish{.name = std::move(name), .provider = "local", .project = workspace()};
  wish.plan.services = std::move(services);
  wish.plan.env = {fmt::format("OSTLER_TEST_RIG={}", base_.string())};
  auto const made = ask(lifecycle::create_asked{id, supervisor::spec_of(std::move(wish)), {}, "user"});
  EXPECT_TRUE(made) << made.error().message;
  return id;
}

result<instance_id> middle::start(instance_id who) {
  return ask(lifecycle::for_instance{who, lifecycle::start_asked{"user"}});
}

void middle::reaches(instance_id who, lifecycle::instance_state state) {
  using lifecycle::instance_state;
  auto const now = [&] {
    auto const* it = supervisor_->find(who);
    return it == nullptr ? instance_state::deleted : lifecycle::state_of(it->now);
  };
  until([&] { return now() == state || now() == instance_state::failed; },
        fmt::format("{} is {}", who.text(), lifecycle::name(state)));
  auto const* it = supervisor_->find(who);
  ASSERT_EQ(lifecycle::name(now()), lifecycle::name(state))
      << (it != nullptr && it->failed ? it->failed->why.message + ": " + it->failed->why.detail : "");
}

std::vector<pid_t> middle::processes() const {
  std::vector<pid_t> found;
  auto const all = system::all_processes();
  if (!all) return found;
  for (auto const pid : *all) {
    auto const stat = system::stat_of(pid);
    if (stat && !stat->ended() && system::environment_of(pid, "OSTLER_TEST_RIG") == base_.string())
      found.push_back(pid);
  }
  return found;
}

std::vector<std::string> middle::left() const {
  std::vector<std::string> all;
  for (auto const* folder : {"places", "trash", "making"})
    for (auto const& entry : fs::directory_iterator(base_ / "state" / "local" / folder))
      all.push_back(entry.path().string());
  for (auto const pid : processes()) all.push_back(fmt::format("process {}", pid));
  return all;
}

void middle::kill_keeper(instance_id who) {
  auto const* it = supervisor_->find(who);
  ASSERT_NE(it, nullptr);
  for (auto const& one : it->resources) {
    std::ifstream file(base_ / "state" / "local" / "places" / one.name / "keeper/ident");
    auto const text = std::string(std::istreambuf_iterator<char>(file), {});
    if (auto const ident = wire::from_json<providers::local::keeper_ident>(text))
      return kill_and_wait(static_cast<pid_t>(ident->pid));
  }
  FAIL() << "no keeper was found";
}

}  // namespace ostler::test
