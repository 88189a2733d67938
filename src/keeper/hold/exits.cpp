#include "keeper/hold/exits.hpp"

#include <cerrno>
#include <cstdint>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

using lifecycle::exit_status;

// struct pidfd_info of the kernel as it was first published; newer ones fill as much as they are given.
struct pidfd_facts {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t pid, group, parent;
  std::uint32_t users[8];
  std::int32_t exit_code;
};
static_assert(sizeof(pidfd_facts) == 64);
constexpr auto get_facts = _IOWR(0xFF, 11, pidfd_facts);
constexpr std::uint64_t facts_of_exit = 1U << 3U;

}  // namespace

exit_status exit_status_of(int wait_status) {
  if (WIFEXITED(wait_status)) return {.what = exit_status::kind::code, .value = WEXITSTATUS(wait_status)};
  if (WIFSIGNALED(wait_status)) return {.what = exit_status::kind::signal, .value = WTERMSIG(wait_status)};
  return {};
}

result<std::optional<ended_child>> look_for_ended_child() {
  siginfo_t seen{};
  auto const answer =
      system::uninterrupted([&] { return ::waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT); });
  if (answer < 0 && errno == ECHILD) return std::nullopt;
  if (answer < 0) return system::fail_errno("look for children that have ended");
  if (seen.si_pid == 0) return std::nullopt;
  auto const by_itself = seen.si_code == CLD_EXITED;
  return ended_child{.pid = seen.si_pid,
                     .status = {.what = by_itself ? exit_status::kind::code : exit_status::kind::signal,
                                .value = seen.si_status}};
}

result<void> reap(pid_t pid) {
  siginfo_t seen{};
  auto const answer = system::uninterrupted(
      [&] { return ::waitid(P_PID, static_cast<id_t>(pid), &seen, WEXITED | WNOHANG); });
  if (answer == 0 || errno == ECHILD) return {};
  return system::fail_errno(fmt::format("reap the child {}", pid));
}

std::optional<exit_status> exit_of(int pidfd) {
  pidfd_facts facts{};
  facts.mask = facts_of_exit;
  if (::ioctl(pidfd, get_facts, &facts) != 0 || (facts.mask & facts_of_exit) == 0) return std::nullopt;
  return exit_status_of(facts.exit_code);
}

}  // namespace ostler::keeper
