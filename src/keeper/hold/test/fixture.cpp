#include "keeper/hold/test/fixture.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/clock.hpp"
#include "system/process.hpp"
#include "system/random.hpp"

namespace ostler::keeper::test {
namespace {

constexpr int patience_ms = 30'000;

// Everybody who bears the token, again and again until nobody is left. Only what was started by this test
// does.
void end_all(std::string const& token) {
  for (int rounds = 0; rounds < 1000; ++rounds) {
    bool found = false;
    for (auto const pid : system::all_processes().value_or(std::vector<pid_t>())) {
      auto const seen = system::stat_of(pid);
      if (!seen || seen->ended() || system::environment_of(pid, "OSTLER_RUN") != token) continue;
      ::kill(pid, SIGKILL);
      found = true;
    }
    reap_all();
    if (!found) return;
  }
  ADD_FAILURE() << "processes of this test are left: OSTLER_RUN=" << token;
}

}  // namespace

pipe_ends::pipe_ends() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  out = system::fd(ends[0]);
  in = system::fd(ends[1]);
}

std::string read_until(int from, std::string_view last) {
  std::string all;
  for (;;) {
    if (!last.empty() && all.find(last) != std::string::npos) return all;
    pollfd waiting{.fd = from, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, patience_ms) <= 0) {
      ADD_FAILURE() << "nothing came any more after: " << all;
      return all;
    }
    std::array<char, 4096> piece{};
    auto const got = ::read(from, piece.data(), piece.size());
    if (got <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(got));
  }
}

std::string line_of(std::string_view report, std::string_view name) {
  auto const start = std::string(name) + ":";
  while (!report.empty()) {
    auto const line = report.substr(0, report.find('\n'));
    if (line.starts_with(start)) {
      auto value = line.substr(start.size());
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      return std::string(value);
    }
    report.remove_prefix(std::min(line.size() + 1, report.size()));
  }
  return "(no such line)";
}

int wait_for_end(pid_t pid) {
  auto const held = system::open_pidfd(pid);
  if (held) {
    pollfd waiting{.fd = held.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&waiting, 1, patience_ms), 1) << "process " << pid << " goes on";
  }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, held ? WNOHANG : 0), pid);
  return status;
}

void reap_all() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

bool becomes_true(std::function<bool()> const& holds) {
  // The system tells nobody of some of this, so there is nothing to wait for but the next look.
  auto const deadline = system::now() + milliseconds(patience_ms);
  while (system::now() < deadline) {
    if (holds()) return true;
    ::poll(nullptr, 0, 1);
  }
  return holds();
}

with_processes::with_processes() : token(system::random_nonce()) {
  // What loses its parent comes to us, as it does to a keeper.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  child_program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "keeper_hold_child";
}

with_processes::~with_processes() { end_all(token); }

spawn_request with_processes::request(std::vector<std::string> words) const {
  spawn_request made;
  made.argv = {child_program};
  made.argv.insert(made.argv.end(), words.begin(), words.end());
  made.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  made.output = output.in.get();
  made.place.marker = "OSTLER_RUN=" + token;
  return made;
}

}  // namespace ostler::keeper::test
