#include "keeper/start/detach.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// In the process that was called: what the keeper says is our last word.
[[noreturn]] void wait_for(system::fd report, pid_t child) {
  std::string said;
  std::array<char, 1024> piece{};
  for (;;) {
    auto const got = system::uninterrupted([&] { return ::read(report.get(), piece.data(), piece.size()); });
    if (got <= 0) break;
    said.append(piece.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  static_cast<void>(system::uninterrupted([&] { return ::waitpid(child, &status, 0); }));
  if (said == "\n") std::_Exit(0);
  if (said.empty()) said = "the keeper ended before it could say why\n";
  static_cast<void>(system::write_all(STDERR_FILENO, as_bytes("ostler-keeper: " + said)));
  std::_Exit(1);
}

}  // namespace

void start_report::tell(std::string_view trouble) {
  if (!to_) return;
  static_cast<void>(system::write_all(to_.get(), as_bytes(std::string(trouble) + "\n")));
  to_.reset();
}

result<start_report> detach() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
  system::fd hear(ends[0]);
  system::fd tell(ends[1]);
  auto const first = ::fork();
  if (first < 0) return system::fail_errno("fork");
  if (first > 0) {
    tell.reset();
    wait_for(std::move(hear), first);
  }
  hear.reset();
  // A session of our own; then one more fork, because only the leader of a session can get a terminal.
  ::setsid();
  auto const second = ::fork();
  if (second < 0) return system::fail_errno("fork");
  if (second > 0) std::_Exit(0);
  return start_report(std::move(tell));
}

void let_go_of_descriptors(int keep, standard_streams what) {
  std::vector<int> open;
  if (auto* list = ::opendir("/proc/self/fd"); list != nullptr) {
    while (auto const* entry = ::readdir(list)) {
      auto const number = std::atoi(entry->d_name);
      if (number > 2 && number != keep && number != ::dirfd(list)) open.push_back(number);
    }
    ::closedir(list);
  } else {
    // Without /proc: as many as there may be, within reason.
    for (int number = 3; number < 4096; ++number)
      if (number != keep) open.push_back(number);
  }
  for (int const number : open) ::close(number);
  if (what == standard_streams::stay) return;
  system::fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  int spare[2] = {-1, -1};
  // A place without /dev: both ends of a pipe that nobody uses.
  if (!nothing && ::pipe2(spare, O_CLOEXEC) != 0) return;
  for (int number = 0; number <= 2; ++number)
    ::dup2(nothing ? nothing.get() : spare[number == 0 ? 0 : 1], number);
  for (int const end : spare)
    if (end > 2) ::close(end);
}

}  // namespace ostler::keeper
