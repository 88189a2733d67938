// ostlerd: the daemon.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "control/listeners.hpp"
#include "daemon/daemon.hpp"
#include "daemon/log.hpp"
#include "daemon/readiness.hpp"
#include "system/open_files.hpp"
#include "whereabouts/whereabouts.hpp"

namespace {

using namespace ostler;
using daemon::importance;

constexpr std::uint16_t usual_port = 7867;

constexpr std::string_view help_text =
    R"(ostlerd: holds all instances of one user, and lets them be asked for and changed.

Usually started by `ostler`, or by systemd; `ostler daemon run` runs it in a terminal.

  --state DIRECTORY    where it keeps what it must not forget (OSTLER_STATE)
  --socket PATH        the unix socket on which it answers
  --port NUMBER        of 127.0.0.1 and ::1; 0 for any (usually 7867, or any when that is taken)
  --wait               wait until the daemon that holds the state directory has gone, then take over
  --version            say the version and end
  --help               say this and end

SIGTERM ends it and leaves all instances running; a second one ends it at once.
)";

struct words {
  std::string state;
  std::string socket;
  std::uint16_t port = usual_port;
  daemon::when_held rule = daemon::when_held::refuse;
};

int usage(std::string const& what) {
  fmt::print(stderr, "error: {}\n  hint: ostlerd --help\n", what);
  return 2;
}

// The exit code when there is nothing more to do.
std::optional<int> read_words(std::span<char*> given, words& out) {
  for (std::size_t at = 1; at < given.size(); ++at) {
    std::string_view const word(given[at]);
    if (word == "--help" || word == "-h") {
      fmt::print("{}", help_text);
      return 0;
    }
    if (word == "--version") {
      fmt::print("ostlerd {}\n", OSTLER_VERSION);
      return 0;
    }
    if (word == "--wait") {
      out.rule = daemon::when_held::wait;
      continue;
    }
    if (word != "--state" && word != "--socket" && word != "--port")
      return usage(fmt::format("unknown word {}", word));
    if (++at == given.size()) return usage(fmt::format("{} needs a value", word));
    std::string_view const value(given[at]);
    if (word == "--state") out.state = value;
    if (word == "--socket") out.socket = value;
    if (word != "--port") continue;
    auto const [end, failed] = std::from_chars(value.data(), value.data() + value.size(), out.port);
    if (failed != std::errc() || end != value.data() + value.size())
      return usage(fmt::format("--port {} is not a port: 0 to 65535", value));
  }
  return std::nullopt;
}

int failed(error const& why) {
  daemon::log(importance::failure, why.message);
  for (auto const& hint : why.hints) daemon::log(importance::failure, fmt::format("hint: {}", hint));
  if (why.code == error_code::state_locked) daemon::tell_held();
  return facts(why.code).exit_code;
}

// What everything that we start gets of ours: enough to find programs and to know whose it is.
std::vector<std::string> passed_on() {
  std::vector<std::string> out;
  for (auto const* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR",
                           "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"})
    if (auto const* value = std::getenv(name); value != nullptr)
      out.push_back(fmt::format("{}={}", name, value));
  return out;
}

std::string keeper_program() {
  std::error_code ignored;
  auto const self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return (self.parent_path() / "ostler-keeper").string();
}

std::string variable(char const* name) {
  auto const* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// What those whom we start may have open: what we might, before we took all that we may.
std::uint64_t take_open_files() {
  auto const before = system::raise_open_files();
  if (before) return *before;
  daemon::log(importance::warning, before.error().message);
  return 0;
}

int run(words const& asked) {
  auto handed = control::handed_over(variable("LISTEN_PID"), variable("LISTEN_FDS"), ::getpid());
  if (!handed) return failed(handed.error());
  auto state = daemon::state_directory::open(asked.state, asked.rule);
  if (!state) return failed(state.error());
  boost::asio::io_context loop{1};
  daemon::daemon_options options{.socket = asked.socket,
                                 .port = asked.port,
                                 .handed_over = std::move(*handed),
                                 .keeper_program = keeper_program(),
                                 .environment = passed_on(),
                                 .open_files = take_open_files(),
                                 .version = OSTLER_VERSION,
                                 .traces = {.endpoint = variable("OTEL_EXPORTER_OTLP_ENDPOINT"),
                                            .traces_endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
                                            .service_name = variable("OTEL_SERVICE_NAME"),
                                            .disabled = variable("OTEL_SDK_DISABLED")}};
  auto whole = daemon::daemon::start(loop, std::move(*state), std::move(options));
  if (!whole) return failed(whole.error());
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  bool closing = false;
  auto closed = [&](std::exception_ptr const&) { loop.stop(); };
  std::function<void()> wait_for_signal = [&] {
    signals.async_wait([&](boost::system::error_code gone, int) {
      if (gone) return;
      if (std::exchange(closing, true)) {
        daemon::log(importance::warning, "ends at once, as asked for again");
        std::_Exit(1);
      }
      daemon::log(importance::info, "ends; the instances go on");
      daemon::tell_systemd("STOPPING=1");
      boost::asio::co_spawn(loop, (*whole)->close(), closed);
      wait_for_signal();
    });
  };
  wait_for_signal();
  daemon::log(importance::info, fmt::format("ostlerd {} answers on {}", OSTLER_VERSION, asked.socket));
  daemon::tell_ready();
  loop.run();
  return 0;
}

}  // namespace

int main(int count, char** given) {
  daemon::take_readiness();
  // Whoever does not read any more is heard of by the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  words asked;
  if (auto const done = read_words({given, static_cast<std::size_t>(count)}, asked)) return *done;
  if (!asked.state.empty()) ::setenv("OSTLER_STATE", asked.state.c_str(), 1);
  auto const paths = whereabouts::find_paths(whereabouts::variables_of_this_process());
  if (!paths) return failed(paths.error());
  asked.state = paths->state_directory;
  if (asked.socket.empty()) asked.socket = paths->socket;
  return run(asked);
}
