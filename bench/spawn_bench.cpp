// From the request to the first instruction of the new program: the keeper's spawn() beside the least that
// any program can do, vfork() and execve().
//
// Each method takes its turn with the others, and the median counts: the machine's other work falls on all
// alike.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "keeper/hold/containment.hpp"
#include "keeper/hold/spawn.hpp"
#include "system/random.hpp"

namespace {

using namespace ostler;

double microseconds_of(timespec const& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return microseconds_of(time);
}

struct method {
  std::string name;
  std::function<pid_t()> start;
  std::vector<double> taken;
  std::vector<double> held;
};

void measure(method& one, int output) {
  auto const begin = now();
  auto const pid = one.start();
  one.held.push_back(now() - begin);
  // It has said when it began before it ends.
  timespec first{};
  if (pid <= 0 || ::waitpid(pid, nullptr, 0) != pid || ::read(output, &first, sizeof first) != sizeof first)
    std::abort();
  one.taken.push_back(microseconds_of(first) - begin);
}

double part(std::vector<double>& values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  auto const rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "spawn_stamp";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return 1;

  std::array<char*, 2> arguments{program.data(), nullptr};
  std::array<char*, 1> nothing{nullptr};
  auto const bare = [&](bool session) {
    auto const pid = ::vfork();
    if (pid == 0) {
      if (session) ::setsid();
      ::dup2(ends[1], 1);
      ::execve(program.c_str(), arguments.data(), nothing.data());
      ::_exit(127);
    }
    return pid;
  };
  keeper::spawn_request wanted;
  wanted.argv = {program};
  wanted.output = ends[1];
  auto const spawned = [&wanted] {
    auto const made = keeper::spawn(wanted);
    return made ? made->pid : -1;
  };
  auto grouped = wanted;
  grouped.session = keeper::spawn_session::own_group;
  auto const spawned_grouped = [&grouped] {
    auto const made = keeper::spawn(grouped);
    return made ? made->pid : -1;
  };
  auto holder = keeper::containment::open({.instance = "bench", .forced = {}, .directory = {}});
  auto group = holder->prepare("1", system::random_nonce());
  if (!group) return 1;
  auto contained = wanted;
  contained.place = (*group)->place();
  auto const spawned_contained = [&contained] {
    auto const made = keeper::spawn(contained);
    return made ? made->pid : -1;
  };

  std::vector<method> methods{{"vfork + execve", [&] { return bare(false); }, {}, {}},
                              {"vfork + setsid + execve", [&] { return bare(true); }, {}, {}},
                              {"spawn, own group", spawned_grouped, {}, {}},
                              {"spawn, own session", spawned, {}, {}},
                              {"spawn into " + holder->explanation(), spawned_contained, {}, {}}};
  for (int round = 0; round < rounds; ++round)
    for (auto& one : methods) measure(one, ends[0]);
  auto const least = part(methods.front().taken, 0.5);
  for (auto& one : methods)
    fmt::print("{:60} first instruction: p50 {:6.1f} us  p90 {:6.1f} us  ({:.2f}x)   call: p50 {:6.1f} us\n",
               one.name, part(one.taken, 0.5), part(one.taken, 0.9), part(one.taken, 0.5) / least,
               part(one.held, 0.5));
  if (!(*group)->remove() || !holder->remove()) return 1;
}
