#include "tests/daemon/joined.hpp"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

#include "answers/answers.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "operations/routes.hpp"
#include "providers/local/local.hpp"
#include "system/clock.hpp"
#include "system/process.hpp"
#include "tests/daemon/leftovers.hpp"

namespace ostler::test {
namespace {

namespace fs = std::filesystem;

// Longer than anything here takes, also on a busy machine under a sanitizer.
constexpr auto generous = std::chrono::seconds(90);

std::string beside_us(char const* name) { return fs::read_symlink("/proc/self/exe").parent_path() / name; }

void end(pid_t pid) {
  auto const held = system::open_pidfd(pid);
  if (!held) return;
  static_cast<void>(system::signal_pidfd(held.get(), SIGKILL));
  pollfd wait{.fd = held.get(), .events = POLLIN, .revents = 0};
  ::poll(&wait, 1, 60'000);
}

}  // namespace

wire::service_spec playing(std::string name, std::vector<std::string> words) {
  wire::service_spec spec{.name = std::move(name)};
  spec.command = {beside_us("keeper_test_service")};
  spec.command.insert(spec.command.end(), words.begin(), words.end());
  spec.stop.grace = seconds(2);
  return spec;
}

joined::joined() {
  auto pattern = (fs::temp_directory_path() / "ostler-joined-XXXXXX").string();
  base_ = ::mkdtemp(pattern.data());
  fs::create_directories(project());
  std::ofstream(project() / "file") << "of the project\n";
  open();
}

joined::~joined() {
  close();
  for (auto const pid : processes()) end(pid);
  remove_cgroups_of_homes(base_);
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

void joined::open() {
  workers_ = std::make_unique<async::pool>(4);
  auto kept_in = journal::sqlite_journal::open({.directory = base_ / "journal", .reserve_bytes = 1 << 16});
  if (!kept_in) throw std::runtime_error(kept_in.error().message);
  journal_ = std::move(*kept_in);
  providers::local::local_options options{
      .root = (base_ / "places").string(),
      .keeper_program = beside_us("ostler-keeper"),
      .environment = {"PATH=/usr/bin:/bin", fmt::format("OSTLER_TEST_JOINED={}", base_.string())}};
  auto place = providers::local::local_provider::open(std::move(options), *workers_);
  if (!place) throw std::runtime_error(place.error().message);
  place_ = std::move(*place);
  middle_ = std::make_unique<supervisor::supervisor>(
      supervisor::supervisor_needs{.where = io_.get_executor(),
                                   .kept_in = journal_.get(),
                                   .rules = {},
                                   .daemon = "daemon-of-the-test",
                                   .providers = {{.name = "here", .type = "local", .place = place_.get()}},
                                   .environment = {},
                                   .log = {}});
  if (auto const begun = middle_->begin(); !begun) throw std::runtime_error(begun.error().message);
  needs_ = {.middle = middle_.get(),
            .workers = workers_.get(),
            .where = io_.get_executor(),
            .version = "1.2.3",
            .features = {},
            .started = system::wall_now(),
            .daemon = "daemon-of-the-test",
            .default_provider = "here",
            .subscribers = {},
            .more_metrics = {}};
  bindings_ = {};
  answers::bind_all(bindings_, needs_);
}

void joined::close() {
  if (middle_) run_all(middle_->close());
  middle_.reset();
  place_.reset();
  journal_.reset();
  workers_.reset();
  // What the journal's thread still had to say.
  io_.restart();
  io_.poll();
}

void joined::start_again() {
  close();
  open();
}

void joined::run_all(async::task<void> todo) {
  std::exception_ptr thrown;
  bool ended = false;
  io_.restart();
  boost::asio::co_spawn(io_, std::move(todo), [&](std::exception_ptr why) {
    thrown = std::move(why);
    ended = true;
    io_.stop();
  });
  io_.run_for(generous);
  if (!ended) throw std::runtime_error("the coroutine did not end");
  if (thrown) std::rethrow_exception(thrown);
}

result<control::answer> joined::answer_to(operations::operation_entry const& entry,
                                          operations::request_line const& line, control::caller who,
                                          control::byte_source* body) {
  auto const mark = line.target.find('?');
  auto const path = line.target.substr(0, mark);
  auto const way = operations::all_routes().find(operations::name(line.method), path);
  if (!way) return std::unexpected(way.error());
  if (way->operation->about != entry.about) return fail(error_code::operation_unknown, "another was found");
  auto* how = bindings_.find(entry);
  if (how == nullptr) return fail(error_code::operation_unknown, "nothing is bound to it");
  operations::request_parts const parts{.path = way->fields(),
                                        .query = mark == std::string::npos
                                                     ? std::string_view()
                                                     : std::string_view(line.target).substr(mark + 1),
                                        .body = line.body};
  auto work = (*how)(parts, body, std::move(who));
  if (!work) return std::unexpected(work.error());
  return run(std::move(*work));
}

control::caller joined::anybody() {
  return {.scope = control::token_scope::admin,
          .instance = {},
          .actor = "user",
          .door = control::door_kind::unix_socket,
          .request_key = {}};
}

operations::instance joined::up(std::string name, std::vector<wire::service_spec> services,
                                std::string settings) {
  operations::instance_new asked{.name = std::move(name), .project = project().string()};
  asked.services = std::move(services);
  asked.settings.text = std::move(settings);
  asked.wait = seconds(60);
  auto const made = ask<operations::instances_create>(asked);
  if (!made) throw std::runtime_error(made.error().message);
  if (!made->ready)
    throw std::runtime_error(fmt::format("{} did not become ready: {} {}", asked.name, made->instance.message,
                                         made->instance.detail));
  return made->instance;
}

std::vector<pid_t> joined::processes() const {
  std::vector<pid_t> found;
  auto const all = system::all_processes();
  if (!all) return found;
  for (auto const pid : *all) {
    auto const stat = system::stat_of(pid);
    if (!stat || stat->ended()) continue;
    // Keepers bear our mark; what they start has an environment of its own, which says where.
    auto const workspace = system::environment_of(pid, "OSTLER_WORKSPACE");
    bool const is_ours = system::environment_of(pid, "OSTLER_TEST_JOINED") == base_.string() ||
                         (workspace && workspace->starts_with(base_.string()));
    if (is_ours) found.push_back(pid);
  }
  return found;
}

}  // namespace ostler::test
