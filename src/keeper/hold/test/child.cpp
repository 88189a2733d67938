// What the tests of the keeper start: a program that does as its first word says.
//
// Every process of it ends by itself after a minute, whatever happens to the test.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned lifetime_seconds = 60;

void say(std::string_view text) {
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
}

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

// A fork forgets the alarm.
pid_t fork_with_alarm() {
  auto const pid = ::fork();
  if (pid == 0) ::alarm(lifetime_seconds);
  return pid;
}

std::string content(char const* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string open_descriptors() {
  std::string all;
  auto* listing = ::opendir("/proc/self/fd");
  if (listing == nullptr) return "unknown";
  while (auto const* entry = ::readdir(listing))
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(listing))
      all += fmt::format("{},", entry->d_name);
  ::closedir(listing);
  return all;
}

// Everything that whoever started us had to say, as "name: value".
int report() {
  std::array<char, 4096> directory{};
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  auto const mask = ::umask(0);
  std::string groups;
  std::array<gid_t, 64> list{};
  auto const count = ::getgroups(static_cast<int>(list.size()), list.data());
  for (int i = 0; i < count; ++i) groups += fmt::format("{},", list.at(static_cast<std::size_t>(i)));
  say(fmt::format("pid: {}\nsession: {}\ngroup: {}\nterminal group: {}\ndescriptors: {}\n", ::getpid(),
                  ::getsid(0), ::getpgrp(), ::tcgetpgrp(0), open_descriptors()));
  say(fmt::format("directory: {}\numask: {:o}\nfiles: {}/{}\n",
                  ::getcwd(directory.data(), directory.size()) != nullptr ? directory.data() : "", mask,
                  files.rlim_cur, files.rlim_max));
  say(fmt::format("user: {}\ngroup id: {}\ngroups: {}\noom: {}", ::getuid(), ::getgid(), groups,
                  content("/proc/self/oom_score_adj")));
  say(content("/proc/self/status"));
  say(content("/proc/self/cgroup"));
  return 0;
}

// A child in a session of its own whose parent is gone.
int double_fork() {
  if (fork_with_alarm() == 0) {
    ::setsid();
    if (fork_with_alarm() != 0) ::_exit(0);
    say("ready\n");
    wait_for_ever();
  }
  ::wait(nullptr);
  wait_for_ever();
}

// A grandchild in another session that has forgotten the whole environment; those between stay until they are
// killed.
int scrubbed(char* self) {
  if (fork_with_alarm() == 0) {
    ::setsid();
    if (fork_with_alarm() != 0) wait_for_ever();
    std::array<char, 5> word{'w', 'a', 'i', 't', '\0'};
    std::array<char*, 3> argv{self, word.data(), nullptr};
    std::array<char*, 1> none{nullptr};
    ::execve("/proc/self/exe", argv.data(), none.data());
    ::_exit(127);
  }
  wait_for_ever();
}

// So many below each other; whoever loses its child makes another, and the last makes them all the time.
[[noreturn]] void bomb(int depth) {
  for (;;) {
    auto const child = fork_with_alarm();
    if (child == 0) {
      if (depth == 0) ::_exit(0);
      if (depth == 1) say("ready\n");
      bomb(depth - 1);
    }
    ::waitpid(child, nullptr, 0);
  }
}

// So much and no more: a sanitizer that keeps accounts of each write would take several times as much.
__attribute__((no_sanitize("thread"))) int take_memory(std::size_t mebibytes) {
  constexpr std::size_t page = 4096;
  auto const size = mebibytes << 20U;
  auto* taken = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (taken == MAP_FAILED) {
    say("refused\n");
    return 4;
  }
  for (std::size_t at = 0; at < size; at += page) static_cast<char volatile*>(taken)[at] = 1;
  say("taken\n");
  return 0;
}

int fork_many(int wanted) {
  int made = 0;
  for (; made < wanted; ++made) {
    auto const child = fork_with_alarm();
    if (child < 0) break;
    if (child == 0) wait_for_ever();
  }
  say(fmt::format("made {}\n", made));
  wait_for_ever();
}

// Leaves a dead child unreaped.
int leave_zombie() {
  auto const child = fork_with_alarm();
  if (child == 0) ::_exit(0);
  siginfo_t seen{};
  ::waitid(P_PID, static_cast<id_t>(child), &seen, WEXITED | WNOWAIT);
  say(fmt::format("zombie {}\n", child));
  wait_for_ever();
}

int move_to(char const* procs) {
  auto const file = ::open(procs, O_WRONLY | O_CLOEXEC);
  auto const moved = file >= 0 && ::write(file, "0", 1) == 1;
  ::close(file);
  say(moved ? "ready\n" : "refused\n");
  wait_for_ever();
}

int burn() {
  say("ready\n");
  for (unsigned long volatile turns = 0;;) turns = turns + 1;
}

int run(int argc, char** argv) {
  auto const word = std::string_view(argc > 1 ? argv[1] : "");
  auto const argument = argc > 2 ? argv[2] : "0";
  if (word == "report") return report();
  if (word == "exit") return std::atoi(argument);
  if (word == "double_fork") return double_fork();
  if (word == "scrubbed") return scrubbed(argv[0]);
  if (word == "bomb") bomb(std::atoi(argument));
  if (word == "memory") return take_memory(std::strtoul(argument, nullptr, 10));
  if (word == "keep") {
    if (auto const code = take_memory(std::strtoul(argument, nullptr, 10)); code != 0) return code;
    wait_for_ever();
  }
  if (word == "forks") return fork_many(std::atoi(argument));
  if (word == "zombie") return leave_zombie();
  if (word == "move") return move_to(argument);
  if (word == "burn") return burn();
  if (word == "stubborn") std::signal(SIGTERM, SIG_IGN);
  if (word != "wait" && word != "stubborn") return 2;
  say("ready\n");
  wait_for_ever();
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(lifetime_seconds);
  return run(argc, argv);
}
