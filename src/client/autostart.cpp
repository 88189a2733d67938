#include "client/autostart.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/name.hpp"
#include "client/detached.hpp"
#include "client/stream.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "whereabouts/readiness.hpp"

namespace ostler::client {
namespace {

constexpr std::size_t log_shown_max = 4096;
constexpr auto look_every = 20ms;
// So long a daemon that holds the state but does not answer may be one on its way down.
constexpr auto held_patience = 500ms;

// The rule of whereabouts looks at these; the daemon must come to the same answer as we did.
constexpr std::array<std::string_view, 4> paths_come_from{"OSTLER_STATE", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
                                                          "HOME"};

bool is_passed_on(std::string_view variable) {
  // A token is for one caller. Git's variables would turn every git of the daemon to one repository.
  return std::ranges::find(paths_come_from, variable) == paths_come_from.end() &&
         variable != "OSTLER_TOKEN" && variable != "OSTLER_URL" &&
         variable != whereabouts::ready_fd_variable && !variable.starts_with("GIT_");
}

std::vector<std::string> environment_of_daemon(whereabouts::variables const& look_up) {
  std::vector<std::string> out;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    std::string_view const text(*one);
    if (is_passed_on(text.substr(0, text.find('=')))) out.emplace_back(text);
  }
  for (auto const name : paths_come_from)
    if (auto const value = look_up(name)) out.push_back(fmt::format("{}={}", name, *value));
  out.push_back(fmt::format("{}={}", whereabouts::ready_fd_variable, given_as));
  return out;
}

std::unexpected<error> not_started(std::string why, std::string detail = {},
                                   std::vector<std::string> hints = {}) {
  return fail(error_code::daemon_unreachable,
              "no daemon answers, and none could be started: " + std::move(why), std::move(detail),
              std::move(hints));
}

result<std::string> find_program(whereabouts::variables const& look_up) {
  std::string path = look_up("OSTLER_DAEMON").value_or("");
  if (path.empty()) {
    std::error_code failed;
    auto const own = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (failed) return not_started(fmt::format("our own program is not to be found: {}", failed.message()));
    path = own.parent_path() / "ostlerd";
  }
  if (!path.starts_with('/'))
    return not_started(fmt::format("OSTLER_DAEMON is {}, no absolute path", in_quotes(path)));
  if (::access(path.c_str(), X_OK) != 0)
    return not_started(fmt::format("{} is not there or may not be run", in_quotes(path)), {},
                       {"export OSTLER_DAEMON=/path/of/ostlerd"});
  return path;
}

result<void> make_directory(std::string const& path) {
  std::error_code failed;
  auto const parent = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(parent, failed);
  if (failed)
    return not_started(fmt::format("{} cannot be made: {}", in_quotes(parent.string()), failed.message()));
  // What is in it is nobody else's business.
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return not_started(fmt::format("{} cannot be made: {}", in_quotes(path), system::errno_text(errno)));
  return {};
}

std::uint64_t size_of(std::string const& path) {
  std::error_code none;
  auto const size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

// The end of what was written since the log had that size.
std::string log_since(std::string const& path, std::uint64_t size) {
  auto const now = size_of(path);
  auto const begin = std::max(std::min(size, now), now - std::min<std::uint64_t>(now, log_shown_max));
  auto const log = system::open_at(AT_FDCWD, path, O_RDONLY);
  if (!log) return {};
  std::string out(now - begin, '\0');
  auto const count = ::pread(log->get(), out.data(), out.size(), static_cast<off_t>(begin));
  out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return out;
}

class starter {
 public:
  starter(whereabouts::variables const& look_up, whereabouts::daemon_address const& where,
          whereabouts::daemon_paths const& paths, milliseconds limit)
      : look_up_(look_up), where_(where), paths_(paths), end_(wait_end::after(limit, -1)) {}

  bool answers() const { return stream::dial(where_, end_).has_value(); }
  result<std::optional<daemon_started>> run();

 private:
  enum class outcome : std::uint8_t { ready, held, failed, late };
  outcome await_word(int from) const;
  // Whether it answered within that time.
  bool answers_within(milliseconds time) const;
  bool is_late() const { return system::now() >= *end_.deadline; }

  whereabouts::variables const& look_up_;
  whereabouts::daemon_address const& where_;
  whereabouts::daemon_paths const& paths_;
  wait_end end_;
};

starter::outcome starter::await_word(int from) const {
  for (;;) {
    auto const left = std::chrono::ceil<milliseconds>(*end_.deadline - system::now()).count();
    pollfd asked{.fd = from, .events = POLLIN, .revents = 0};
    auto const count = ::poll(&asked, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (count > 0) break;
    if (is_late()) return outcome::late;
  }
  char word = 0;
  if (system::uninterrupted([&] { return ::read(from, &word, 1); }) != 1) return outcome::failed;
  return word == whereabouts::ready_byte  ? outcome::ready
         : word == whereabouts::held_byte ? outcome::held
                                          : outcome::failed;
}

bool starter::answers_within(milliseconds time) const {
  auto const end = std::min(system::now() + time, *end_.deadline);
  for (;;) {
    if (answers()) return true;
    if (system::now() >= end) return false;
    // Nobody tells us when a daemon that others started begins to answer.
    ::poll(nullptr, 0, static_cast<int>(milliseconds(look_every).count()));
  }
}

result<std::optional<daemon_started>> starter::run() {
  auto const program = find_program(look_up_);
  if (!program) return std::unexpected(program.error());
  if (auto const made = make_directory(paths_.state_directory); !made) return std::unexpected(made.error());
  while (!is_late()) {
    auto const log_size = size_of(paths_.log);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
    system::fd const from(ends[0]);
    system::fd to(ends[1]);
    auto const pid = start_detached({.path = *program,
                                     .environment = environment_of_daemon(look_up_),
                                     .log = paths_.log,
                                     .given = to.get()});
    if (!pid) return not_started(pid.error().message);
    to.reset();
    auto const word = await_word(from.get());
    if (word == outcome::ready) return daemon_started{.pid = *pid, .socket = where_.socket};
    // Somebody else's daemon may be the one that answers.
    if (word == outcome::held ? answers_within(held_patience) : answers()) return std::nullopt;
    if (word == outcome::late)
      return not_started(
          fmt::format("{} was started with pid {} and does not answer yet", in_quotes(*program), *pid),
          log_since(paths_.log, log_size), {"less " + paths_.log});
    if (word == outcome::failed)
      return not_started(fmt::format("{} ended at once", in_quotes(*program)),
                         log_since(paths_.log, log_size), {"less " + paths_.log});
  }
  return not_started(
      fmt::format("whoever holds {} does not answer in time", in_quotes(paths_.state_directory)),
      log_since(paths_.log, 0), {"less " + paths_.log});
}

}  // namespace

result<std::optional<daemon_started>> ensure_daemon(whereabouts::variables const& look_up,
                                                    autostart_options const& options) {
  auto const where = whereabouts::find_address(look_up);
  if (!where) return std::unexpected(where.error());
  if (!where->is_own) return std::nullopt;
  auto const paths = whereabouts::find_paths(look_up);
  if (!paths) return std::unexpected(paths.error());
  starter start(look_up, *where, *paths, std::max<milliseconds>(options.limit, 1ms));
  auto const there = stream::dial(*where, wait_end::after(options.limit, -1));
  if (there) return std::nullopt;
  // Another user's socket, or one that takes no more connections, is not mended by a second daemon.
  if (there.error().code != error_code::daemon_unreachable) return std::unexpected(there.error());
  if (look_up("OSTLER_NO_AUTOSTART") == "1")
    return fail(error_code::daemon_unreachable,
                there.error().message + "; OSTLER_NO_AUTOSTART forbids to start it", {}, there.error().hints);
  return start.run();
}

}  // namespace ostler::client
