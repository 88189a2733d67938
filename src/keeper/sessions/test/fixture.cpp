#include "keeper/sessions/test/fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "keeper/serve/server.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"
#include "system/process.hpp"
#include "system/random.hpp"

namespace ostler::keeper::test {

struct keeper_parts {
  keeper_parts(std::string const& directory, std::string const& token, containment_options options)
      : at(system::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY).value()),
        story(ledger::open(at.get()).value()),
        born(on),
        hold(containment::open(std::move(options)).value()),
        buffer(on),
        door(on, story, {.greeting = {.instance = "ins_x"}, .token = token}),
        called(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        calling(on) {}

  system::fd at;
  ledger story;
  loop on;
  children born;
  containment hold;
  lent_memory buffer;
  server door;
  system::fd called;
  watch calling;
  std::function<void()> call;
  std::unique_ptr<session_table> table;
};

namespace {

template <class Answer> void reply(request const& asked, result<Answer> const& outcome) {
  if (!outcome) return asked.refuse(outcome.error());
  if constexpr (std::is_void_v<Answer>)
    asked.answer(wire::nothing{});
  else
    asked.answer(*outcome);
}

void offer_all(keeper_parts& parts) {
  auto& door = parts.door;
  door.offer<wire::exec_start>("exec.start", [&](request const& asked, wire::exec_start const& wanted) {
    reply(asked, parts.table->start(asked.from(), wanted));
  });
  door.offer<wire::session_attach>("session.attach", [&](request const& asked, auto const& how) {
    reply(asked, parts.table->attach(asked.from(), how));
  });
  door.offer<wire::session_resize>("session.resize", [&](request const& asked, auto const& how) {
    reply(asked, parts.table->resize(asked.from(), how));
  });
  door.offer<wire::session_named>("session.close", [&](request const& asked, auto const& which) {
    reply(asked, parts.table->close(which.session));
  });
  door.offer<wire::signal_params>("signal", [&](request const& asked, wire::signal_params const& params) {
    reply(asked, parts.table->signal(params.session, std::atoi(params.signal.c_str()), params.tree));
  });
  door.offer<wire::nothing>("status", [&](request const& asked, wire::nothing const&) {
    asked.answer(wire::keeper_status{.sessions = parts.table->list()});
  });
  door.offer<wire::stop_params>("stop", [&](request const& asked, wire::stop_params const& params) {
    parts.table->close_all(params.grace.value_or(2s), [&] {
      parts.story.append({.fact = "keeper.stopped"});
      parts.door.story_grew();
    });
    asked.answer(wire::nothing{});
  });
}

session_user user_named(std::string const& name) {
  return {
      .ids = {.user = 65534, .group = 65534, .groups = {}}, .name = name, .home = "/", .shell = "/bin/sh"};
}

// True when there is none any more.
bool remove_groups(std::string const& directory) {
  bool all = true;
  for (auto const& each : std::filesystem::directory_iterator(directory))
    if (each.is_directory()) all = ::rmdir(each.path().c_str()) == 0 && all;
  return all;
}

}  // namespace

with_sessions::with_sessions() : token(system::random_nonce()) {
  // Before there is any thread: whichever did not block it would be given the signal.
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  auto pattern = (std::filesystem::temp_directory_path() / "ostler-sessions-XXXXXX").string();
  directory = ::mkdtemp(pattern.data());
  ::chmod(directory.c_str(), 0755);
  std::filesystem::create_directory(directory + "/place");
}

with_sessions::~with_sessions() {
  drop();
  for (auto left = processes(); !left.empty(); left = processes()) {
    for (auto const pid : left) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  for (auto const kind : {containment_kind::cgroup2, containment_kind::cgroup1}) {
    auto const hold = containment::open({.instance = "t-" + token.substr(0, 12), .forced = kind});
    if (!hold) continue;
    // Of sessions that were open when the keeper was dropped. Those in it are dead, and may be so for a
    // moment only.
    auto const deadline = system::now() + 30s;
    while (!remove_groups(hold->where()) && system::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(hold->remove());
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

void with_sessions::begin(std::optional<handed_sessions> handed) {
  listening_ = false;
  serving_ = std::thread([this, handed] { serve(handed); });
  listening_.wait(false);
}

void with_sessions::serve(std::optional<handed_sessions> handed) {
  keeper_parts parts(directory, token, {.instance = "t-" + token.substr(0, 12), .forced = forced});
  session_needs needs{
      .on = parts.on,
      .born = parts.born,
      .hold = parts.hold,
      .buffer = parts.buffer,
      .append = [&](wire::keeper_event event) { return parts.story.append(std::move(event)); },
      .tell = [&] { parts.door.story_grew(); },
      .resolve_user = [](std::string const& user) -> result<session_user> {
        if (user != "somebody") return fail(error_code::value_unknown, "no user " + user);
        return user_named(user);
      },
      .environment = [](std::vector<std::string> const& own, session_user const* user,
                        std::string const& service) -> result<std::vector<std::string>> {
        if (!service.empty() && service != "web")
          return fail(error_code::service_unknown, "no service " + service);
        auto all = own;
        if (!service.empty()) all.push_back("OF=" + service);
        all.emplace_back("PATH=/usr/local/bin:/usr/bin:/bin");
        if (user != nullptr) all.push_back("USER=" + user->name);
        return all;
      },
      .workdir_of = [](std::string const&) { return std::string(".."); },
      .open_files = [] { return std::int64_t{0}; },
      .workspace = directory + "/place",
      .token_prefix = token,
      .logs = directory + "/sessions",
      .log_cap = log_cap,
      .kill_grace = kill_grace,
      .ended_max = ended_max};
  parts.table = std::make_unique<session_table>(needs);
  offer_all(parts);
  EXPECT_TRUE(parts.calling.join(parts.called.get(), EPOLLIN, [&](std::uint32_t) {
    eventfd_t ignored = 0;
    ::eventfd_read(parts.called.get(), &ignored);
    std::exchange(parts.call, {})();
  }));
  auto const begun = handed ? parts.table->take_over(*handed) : parts.table->restore(parts.story.state());
  EXPECT_TRUE(begun || may_fail) << (begun ? "" : begun.error().message);
  EXPECT_TRUE(parts.door.listen(directory + "/s"));
  parts_ = &parts;
  listening_ = true;
  listening_.notify_all();
  parts.on.run();
  parts_ = nullptr;
}

void with_sessions::with_table(std::function<void(session_table&)> const& act) {
  std::promise<void> done;
  parts_->call = [&] {
    act(*parts_->table);
    done.set_value();
  };
  ::eventfd_write(parts_->called.get(), 1);
  done.get_future().wait();
}

void with_sessions::drop() {
  if (!serving_.joinable()) return;
  auto* const parts = parts_;
  with_table([&](session_table&) { parts->on.stop(); });
  serving_.join();
}

std::unique_ptr<link_client> with_sessions::client(std::uint64_t after_seq) const {
  auto made = std::make_unique<link_client>(directory + "/s");
  made->hello(token, after_seq);
  return made;
}

wire::exec_started with_sessions::start(link_client& by, wire::exec_start const& wanted) {
  return by.ask<wire::exec_started>("exec.start", wanted);
}

wire::exec_start with_sessions::shell(std::string line) {
  return {.command = {std::move(line)}, .shell = true, .out = 1, .err = 2};
}

wire::keeper_event with_sessions::exit_of(link_client& by, std::string const& session) {
  return by.fact("process.exited", session);
}

std::vector<pid_t> with_sessions::processes() const {
  std::vector<pid_t> found;
  for (auto const pid : system::all_processes().value_or(std::vector<pid_t>())) {
    auto const seen = system::stat_of(pid);
    if (seen && !seen->ended() &&
        system::environment_of(pid, run_variable).value_or(std::string()).starts_with(token))
      found.push_back(pid);
  }
  return found;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] auto const& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

}  // namespace ostler::keeper::test
