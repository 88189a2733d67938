#include "keeper/hold/spawn.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/spawn_child.hpp"
#include "system/failure.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {
namespace {

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

std::unexpected<error> refuse(spawn_request const& request, std::string_view why) {
  return fail(error_code::spawn_failed,
              fmt::format("could not run \"{}\": {}", request.argv.empty() ? "" : request.argv.front(), why));
}

bool has_zero(std::string const& text) { return text.find('\0') != std::string::npos; }
bool one_has_zero(std::vector<std::string> const& texts) { return std::ranges::any_of(texts, has_zero); }

std::string_view search_path(spawn_request const& request) {
  for (std::string_view const variable : request.environment)
    if (variable.starts_with("PATH=")) return variable.substr(5);
  return default_path;
}

// The directory that the program will be started in, for what is relative to it.
system::fd open_start_directory(spawn_request const& request) {
  auto const from = request.directory_fd >= 0 ? request.directory_fd : AT_FDCWD;
  auto const* path = request.directory.empty() ? "." : request.directory.c_str();
  return system::fd(::openat(from, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool can_be_run(int directory, std::string const& path) {
  struct stat seen{};
  return ::fstatat(directory, path.c_str(), &seen, 0) == 0 && S_ISREG(seen.st_mode) &&
         ::faccessat(directory, path.c_str(), X_OK, AT_EACCESS) == 0;
}

// As execvp() does it, but with the PATH and from the directory of the request. An errno when there is none.
std::expected<std::string, int> find_program(spawn_request const& request) {
  auto const& name = request.argv.front();
  if (name.empty()) return std::unexpected(ENOENT);
  if (name.find('/') != std::string::npos) return name;
  auto const start = open_start_directory(request);
  // That the directory cannot be entered is for the child to tell, which tries it as the right user.
  auto const from = start ? start.get() : AT_FDCWD;
  bool refused = false;
  auto rest = search_path(request);
  for (;;) {
    auto const end = rest.find(':');
    auto const entry = rest.substr(0, end);
    auto candidate = entry.empty() ? "./" + name : fmt::format("{}/{}", entry, name);
    if (can_be_run(from, candidate)) return candidate;
    refused = refused || ::faccessat(from, candidate.c_str(), F_OK, AT_EACCESS) == 0 || errno == EACCES;
    if (end == std::string_view::npos) return std::unexpected(refused ? EACCES : ENOENT);
    rest.remove_prefix(end + 1);
  }
}

std::vector<char const*> pointers(std::vector<std::string> const& texts) {
  std::vector<char const*> all;
  all.reserve(texts.size() + 1);
  for (auto const& text : texts) all.push_back(text.c_str());
  all.push_back(nullptr);
  return all;
}

std::vector<char const*> environment_pointers(spawn_request const& request) {
  auto const& marker = request.place.marker;
  if (marker.empty()) return pointers(request.environment);
  auto const name = std::string_view(marker).substr(0, marker.find('=') + 1);
  std::vector<char const*> all{marker.c_str()};
  all.reserve(request.environment.size() + 2);
  for (auto const& variable : request.environment)
    if (!std::string_view(variable).starts_with(name)) all.push_back(variable.c_str());
  all.push_back(nullptr);
  return all;
}

constexpr std::uint64_t bit_of(int signal) { return 1ULL << static_cast<unsigned>(signal - 1); }

// Commonly ignored by a program or by its shell, nohup or a supervisor.
constexpr std::uint64_t commonly_ignored = bit_of(SIGHUP) | bit_of(SIGINT) | bit_of(SIGQUIT) |
                                           bit_of(SIGPIPE) | bit_of(SIGTERM) | bit_of(SIGCHLD) |
                                           bit_of(SIGTSTP) | bit_of(SIGTTIN) | bit_of(SIGTTOU);
// It names SIGKILL, which nobody can ignore.
constexpr std::uint64_t signals_unknown = ~0ULL;

// What a process ignores is one for all of it, and so is what we know of it.
std::atomic<std::uint64_t>& known_signals() {
  static std::atomic<std::uint64_t> known{signals_unknown};
  return known;
}

std::uint64_t ignored_signals() {
  std::uint64_t ignored = known_signals();
  if (ignored != signals_unknown) return ignored;
  ignored = commonly_ignored;
  for (int number = 1; number <= 64; ++number) {
    struct sigaction set{};
    // The two numbers that the C library keeps for itself are refused, and never ignored.
    if (::sigaction(number, nullptr, &set) == 0 && set.sa_handler == SIG_IGN) ignored |= bit_of(number);
  }
  known_signals() = ignored;
  return ignored;
}

// What the child's plan points into.
struct preparation {
  std::string path;
  std::vector<char const*> argv;
  std::vector<char const*> shell_argv;
  std::vector<char const*> environment;
  std::vector<child_limit> limits;
  std::string oom_score;
};

preparation prepare(spawn_request const& request, std::string path) {
  preparation made{.path = std::move(path),
                   .argv = pointers(request.argv),
                   .shell_argv = {"/bin/sh"},
                   .environment = environment_pointers(request),
                   .limits = {},
                   .oom_score = {}};
  for (auto const& limit : request.limits)
    made.limits.push_back({static_cast<unsigned>(limit.which), {limit.soft, limit.hard}});
  if (request.oom_score_adjust) made.oom_score = fmt::format("{}", *request.oom_score_adjust);
  return made;
}

child_plan plan_of(spawn_request const& request, preparation& made) {
  // Not in prepare(): moving a short string moves its characters.
  made.shell_argv.push_back(made.path.c_str());
  made.shell_argv.insert(made.shell_argv.end(), made.argv.begin() + 1, made.argv.end());
  child_plan plan;
  plan.path = made.path.c_str();
  plan.argv = made.argv.data();
  plan.shell_argv = made.shell_argv.data();
  plan.environment = made.environment.data();
  plan.mark_file = request.mark.file;
  plan.mark_offset = request.mark.offset;
  plan.cgroup2_directory = request.place.cgroup2_directory;
  plan.cgroup1_procs = request.place.cgroup1_procs.data();
  plan.cgroup1_count = request.place.cgroup1_procs.size();
  plan.own_session = request.session == spawn_session::own_session;
  plan.own_group = request.session == spawn_session::own_group;
  plan.controlling_terminal = request.controlling_terminal;
  plan.directory_fd = request.directory_fd;
  plan.directory = request.directory.empty() ? nullptr : request.directory.c_str();
  plan.stdio = {request.input, request.output, request.errors};
  plan.set_umask = request.umask.has_value();
  plan.umask = request.umask.value_or(0);
  plan.oom_score = request.oom_score_adjust ? made.oom_score.data() : nullptr;
  plan.oom_score_size = made.oom_score.size();
  plan.limits = made.limits.data();
  plan.limit_count = made.limits.size();
  plan.reset_signals = ignored_signals();
  plan.no_new_privileges = request.no_new_privileges;
  if (request.user) {
    plan.set_user = true;
    plan.user = request.user->user;
    plan.group = request.user->group;
    plan.groups = request.user->groups.data();
    plan.group_count = request.user->groups.size();
  }
  return plan;
}

std::string why_it_failed(spawn_request const& request, preparation const& made, child_plan const& plan) {
  auto reason = system::errno_text(plan.failed_errno);
  if (plan.failed == child_step::directory)
    return fmt::format("could not enter the directory \"{}\": {}", request.directory, reason);
  if (plan.failed != child_step::execute) return fmt::format("could not {}: {}", text(plan.failed), reason);
  auto const start = open_start_directory(request);
  if (plan.failed_errno == ENOENT && start && ::faccessat(start.get(), made.path.c_str(), F_OK, 0) == 0)
    return fmt::format("{}: the file is there, but what it needs to be run (its interpreter) is not", reason);
  return reason;
}

}  // namespace

void signals_changed() { known_signals() = signals_unknown; }

result<spawned_process> spawn(spawn_request const& request) {
  if (request.argv.empty()) return refuse(request, "no command was given");
  if (one_has_zero(request.argv) || one_has_zero(request.environment) || has_zero(request.directory) ||
      has_zero(request.place.marker))
    return refuse(request, "its words, its environment or its directory contain a zero byte");
  auto path = find_program(request);
  if (!path) return refuse(request, system::errno_text(path.error()));

  auto made = prepare(request, std::move(*path));
  auto plan = plan_of(request, made);
  auto const pid = start_child(plan);
  if (pid < 0)
    return system::fail_errno(fmt::format("make a process for \"{}\"", request.argv.front()), -pid);
  if (plan.failed != child_step::none) {
    system::uninterrupted([&] { return ::waitpid(pid, nullptr, 0); });
    return refuse(request, why_it_failed(request, made, plan));
  }
  return spawned_process{.pid = pid};
}

}  // namespace ostler::keeper
