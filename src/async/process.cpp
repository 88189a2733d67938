#include "async/process.hpp"

#include <algorithm>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "async/cancelled.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"

namespace ostler::async {
namespace {

namespace asio = boost::asio;

bool has_zero(std::string const& text) { return text.find('\0') != std::string::npos; }

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// What posix_spawn is told, released with us.
class spawn_plan {
 public:
  spawn_plan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  spawn_plan(spawn_plan const&) = delete;
  spawn_plan& operator=(spawn_plan const&) = delete;
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // Zero or an errno.
  int fill(char const* directory, int input, int output, int errors) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int why = 0;
    auto const keep = [&why](int answer) { why = why == 0 ? answer : why; };
    keep(::posix_spawnattr_setflags(&attributes_,
                                    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    keep(::posix_spawnattr_setpgroup(&attributes_, 0));
    keep(::posix_spawnattr_setsigmask(&attributes_, &none));
    keep(::posix_spawnattr_setsigdefault(&attributes_, &all));
    keep(::posix_spawn_file_actions_addchdir_np(&actions_, directory));
    keep(::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
    keep(::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
    keep(::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO));
    keep(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    return why;
  }
  posix_spawn_file_actions_t const* actions() const { return &actions_; }
  posix_spawnattr_t const* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Out of the way of 0, 1 and 2, which the child's own take one after the other.
result<system::fd> above_the_three(system::fd given) {
  if (!given) {
    auto nothing = system::open_at(AT_FDCWD, "/dev/null", O_RDWR);
    if (!nothing) return nothing;
    given = std::move(*nothing);
  }
  if (given.get() > STDERR_FILENO) return given;
  system::fd moved(::fcntl(given.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) return system::fail_errno("duplicate a descriptor");
  return moved;
}

std::unexpected<error> refuse(process_request const& request, std::string_view why) {
  return fail(error_code::spawn_failed,
              fmt::format("could not run \"{}\": {}", request.argv.empty() ? "" : request.argv.front(), why));
}

result<pid_t> spawn(process_request& request) {
  if (request.argv.empty()) return refuse(request, "no command was given");
  if (request.argv.front().find('/') == std::string::npos)
    return refuse(request, "a program is named by its path");
  if (std::ranges::any_of(request.argv, has_zero) || std::ranges::any_of(request.environment, has_zero) ||
      has_zero(request.directory))
    return refuse(request, "its words, its environment or its directory contain a zero byte");
  auto input = above_the_three(std::move(request.input));
  if (!input) return std::unexpected(input.error());
  auto output = above_the_three(std::move(request.output));
  if (!output) return std::unexpected(output.error());
  auto errors = above_the_three(std::move(request.errors));
  if (!errors) return std::unexpected(errors.error());

  auto const* directory = request.directory.empty() ? "/" : request.directory.c_str();
  auto argv = pointers(request.argv);
  auto environment = pointers(request.environment);
  spawn_plan plan;
  pid_t pid = 0;
  int why = plan.fill(directory, input->get(), output->get(), errors->get());
  if (why == 0)
    why =
        ::posix_spawn(&pid, argv.front(), plan.actions(), plan.attributes(), argv.data(), environment.data());
  if (why == EAGAIN || why == ENOMEM)
    return system::fail_errno(fmt::format("make a process for \"{}\"", request.argv.front()), why);
  if (why != 0)
    return refuse(request, fmt::format("{} (in the directory {})", system::errno_text(why), directory));
  return pid;
}

}  // namespace

struct process::state {
  state(home const& where, pid_t number, system::fd pidfd) : pid(number), watch(where, pidfd.release()) {}
  state(state const&) = delete;
  state& operator=(state const&) = delete;
  ~state() {
    if (end) return;
    ::kill(-pid, SIGKILL);
    static_cast<void>(system::uninterrupted([this] { return ::waitpid(pid, nullptr, 0); }));
  }

  // The number is ours, and that of the group as well, until it is reaped.
  void reap() {
    ::kill(-pid, SIGKILL);
    int status = 0;
    static_cast<void>(system::uninterrupted([&] { return ::waitpid(pid, &status, 0); }));
    end = WIFEXITED(status) ? process_end{.code = WEXITSTATUS(status), .signal = 0}
                            : process_end{.code = -1, .signal = WTERMSIG(status)};
  }

  pid_t pid;
  asio::posix::stream_descriptor watch;
  std::optional<process_end> end;
};

process::process(std::unique_ptr<state> made) : state_(std::move(made)) {}
process::process(process&&) noexcept = default;
process& process::operator=(process&&) noexcept = default;
process::~process() = default;

result<process> process::start(home const& where, process_request request) {
  auto const pid = spawn(request);
  if (!pid) return std::unexpected(pid.error());
  auto pidfd = system::open_pidfd(*pid);
  if (!pidfd) {
    auto const why = errno;
    ::kill(-*pid, SIGKILL);
    static_cast<void>(system::uninterrupted([&] { return ::waitpid(*pid, nullptr, 0); }));
    return system::fail_errno("watch a process by pidfd, which takes Linux 5.3", why);
  }
  return process(std::make_unique<state>(where, *pid, std::move(pidfd)));
}

pid_t process::pid() const { return state_->pid; }

task<process_end> process::wait() {
  auto* const it = state_.get();
  if (!it->end) {
    co_await it->watch.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    // Somebody else may have waited as well, and been quicker.
    if (!it->end) it->reap();
  }
  co_return *it->end;
}

result<void> process::signal_group(int number) {
  if (state_->end) return {};
  if (::kill(-state_->pid, number) == 0 || errno == ESRCH) return {};
  return system::fail_errno(fmt::format("send signal {} to the process group {}", number, state_->pid));
}

}  // namespace ostler::async
