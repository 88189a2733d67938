#include "keeper/unsaved/quiet_git.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/name.hpp"
#include "keeper/unsaved/git_words.hpp"
#include "keeper/unsaved/no_processes.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// What git prints stands in memory; a larger answer ends it.
constexpr rlim_t output_max = 1UL << 30U;
constexpr int not_run = 127;

// Over what the checkout says. The monitor of files could lie about what has changed, and so could a look at
// nothing but times.
constexpr std::array<std::pair<char const*, char const*>, 7> always{{
    {"core.fsmonitor", "false"},
    {"core.hooksPath", "/dev/null"},
    {"core.untrackedCache", "false"},
    {"core.checkStat", "default"},
    {"core.trustctime", "true"},
    {"core.quotePath", "false"},
    {"status.showUntrackedFiles", "all"},
}};

std::string find_git() {
  auto const* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    auto const end = std::min(rest.find(':'), rest.size());
    auto found = fmt::format("{}/git", rest.substr(0, end));
    if (found.front() == '/' && found != "/git" && ::access(found.c_str(), X_OK) == 0) return found;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

result<system::fd> text_in_memory(std::string_view text) {
  system::fd made(::memfd_create("git", MFD_CLOEXEC));
  if (!made) return system::fail_errno("make room for what git says");
  if (auto done = system::write_all(made.get(), as_bytes(text)); !done) return std::unexpected(done.error());
  if (::lseek(made.get(), 0, SEEK_SET) != 0) return system::fail_errno("go to the begin of a text");
  return made;
}

result<std::string> text_of(system::fd const& from) {
  auto const size = ::lseek(from.get(), 0, SEEK_END);
  if (size < 0) return system::fail_errno("see how much git said");
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    auto const got = system::uninterrupted([&] {
      return ::pread(from.get(), text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
    });
    if (got < 0) return system::fail_errno("read what git said");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct three_streams {
  system::fd in;
  system::fd out;
  system::fd errors;
};

// In the child, which has one thread; what fails is said by its exit code.
[[noreturn]] void become_git(pid_t parent, int directory, three_streams const& streams, char* const* words,
                             char* const* environment) {
  rlimit const core{0, 0};
  rlimit const size{output_max, output_max};
  sigset_t none;
  sigemptyset(&none);
  bool const ready =
      ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent && ::fchdir(directory) == 0 &&
      ::dup2(streams.in.get(), STDIN_FILENO) >= 0 && ::dup2(streams.out.get(), STDOUT_FILENO) >= 0 &&
      ::dup2(streams.errors.get(), STDERR_FILENO) >= 0 && ::setrlimit(RLIMIT_CORE, &core) == 0 &&
      ::setrlimit(RLIMIT_FSIZE, &size) == 0 && ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  if (ready && forbid_processes() == 0) ::execve(words[0], words, environment);
  ::_exit(not_run);
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

result<std::optional<quiet_git>> quiet_git::open(int directory) {
  auto program = find_git();
  if (program.empty()) return std::nullopt;
  auto top = system::open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!top) return std::unexpected(top.error());
  quiet_git made(std::move(program), std::move(*top));
  for (auto const& [name, value] : always) made.settings_.emplace_back(name, value);
  auto const known = made.run({"rev-parse", "--git-dir"});
  if (!known) return std::unexpected(known.error());
  if (known->code == not_run)
    return fail(
        error_code::feature_missing,
        "git could not be run without the right to start other programs; the kernel must have seccomp");
  if (known->code != 0) return std::nullopt;
  // A filter that cannot be started would make git fail; without it a file merely looks changed.
  auto const filters = made.run({"config", "--name-only", "-z", "--get-regexp", "^filter\\."});
  if (!filters) return std::unexpected(filters.error());
  std::string_view rest = filters->out;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\0'), rest.size());
    std::string key(rest.substr(0, end));
    bool const is_required = key.ends_with(".required");
    made.settings_.emplace_back(std::move(key), is_required ? "false" : "");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return made;
}

std::vector<std::string> quiet_git::environment() const {
  std::vector<std::string> all{"LC_ALL=C",
                               "GIT_DIR=.git",
                               "GIT_WORK_TREE=.",
                               "GIT_OPTIONAL_LOCKS=0",
                               "GIT_TERMINAL_PROMPT=0",
                               "GIT_NO_REPLACE_OBJECTS=1",
                               "GIT_NO_LAZY_FETCH=1",
                               fmt::format("GIT_CONFIG_COUNT={}", settings_.size())};
  // For what the user tells git to ignore everywhere.
  for (auto const* name : {"HOME", "XDG_CONFIG_HOME"})
    if (auto const* value = std::getenv(name); value != nullptr)
      all.push_back(fmt::format("{}={}", name, value));
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    all.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", i, settings_[i].first));
    all.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", i, settings_[i].second));
  }
  return all;
}

result<git_answer> quiet_git::run(std::vector<std::string> words, std::string_view input) const {
  auto in = text_in_memory(input);
  if (!in) return std::unexpected(in.error());
  auto out = text_in_memory({});
  if (!out) return std::unexpected(out.error());
  auto errors = text_in_memory({});
  if (!errors) return std::unexpected(errors.error());
  three_streams const streams{.in = std::move(*in), .out = std::move(*out), .errors = std::move(*errors)};
  words.insert(words.begin(), program_);
  auto variables = environment();
  auto const word_pointers = pointers(words);
  auto const variable_pointers = pointers(variables);
  auto const parent = ::getpid();
  auto const child = ::fork();
  if (child == 0) become_git(parent, top_.get(), streams, word_pointers.data(), variable_pointers.data());
  if (child < 0) return system::fail_errno("make a process for git");
  int status = 0;
  if (system::uninterrupted([&] { return ::waitpid(child, &status, 0); }) < 0)
    return system::fail_errno("wait for git");
  if (!WIFEXITED(status))
    return fail(error_code::system_failed,
                fmt::format("git {} was ended by signal {}", words[1], WTERMSIG(status)));
  auto said = text_of(streams.out);
  if (!said) return std::unexpected(said.error());
  auto complained = text_of(streams.errors);
  if (!complained) return std::unexpected(complained.error());
  return git_answer{.code = WEXITSTATUS(status), .out = std::move(*said), .errors = std::move(*complained)};
}

result<std::string> quiet_git::ask(std::vector<std::string> words, std::string_view input) const {
  auto const title = words.front();
  auto answer = run(std::move(words), input);
  if (!answer) return std::unexpected(answer.error());
  if (answer->code == 0) return std::move(answer->out);
  return fail(error_code::system_failed, fmt::format("git {} ended with {}: {}", title, answer->code,
                                                     in_quotes(first_line(answer->errors))));
}

}  // namespace ostler::keeper
