// Plays every kind of service for the keeper's tests, as its words say. Several words after each other are
// done in turn:
//
//   print TEXT, warn TEXT       to standard output, to standard error; "\n" in it is a newline
//   line MIB                    so many MiB without a newline
//   numbers COUNT               numbered lines "000000000001 out", 0 for ever
//   steady RATE                 numbered lines for ever, so many a second
//   flood MIB                   numbered lines as fast as they are taken, until so many MiB are out
//   take MIB                    so much memory, and keeps it
//   wait                        for a signal, for ever
//   exit CODE                   abort, die SIGNAL
//   ignore SIGNAL
//   on SIGNAL CODE              exits with that code when the signal comes
//   listen                      on 127.0.0.1:$PORT; nobody is answered
//   http STATUS [BODY]          answers every request on $PORT; 0: accepts, then closes
//   notify TEXT                 to $NOTIFY_SOCKET
//   register                    through $OSTLER_KEEPER_SOCK, and stays so
//   child WORDS…                a child that does the rest
//   orphan WORDS…               a grandchild in another session that does the rest, whose parent ends
//   bomb DEPTH                  every process makes two more, each in a session of its own, and waits
//   orphans COUNT               so many grandchildren that end at once, after their parents
//   file NAME                   appends a line with its pid
//   alone NAME                  locks the file until all of its tree has ended; when it cannot, makes
//   NAME.twice env NAME                    prints the variable bare                        forgets its
//   environment by becoming itself without one
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

void write_out(int to, std::string_view text) {
  while (!text.empty()) {
    auto const wrote = ::write(to, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) std::_Exit(120);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool const newline = text.substr(at).starts_with("\\n");
    out += newline ? '\n' : text[at];
    if (newline) ++at;
  }
  return out;
}

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

int exit_code_on_signal = 0;
void leave(int) { std::_Exit(exit_code_on_signal); }

int listen_on_port() {
  auto const* port = std::getenv("PORT");
  int const socket = ::socket(AF_INET, SOCK_STREAM, 0);
  int const yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port != nullptr ? port : "0")));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::fprintf(stderr, "bind %s: %s\n", port, std::strerror(errno));
    std::_Exit(98);
  }
  if (::listen(socket, 64) != 0) std::_Exit(98);
  return socket;
}

[[noreturn]] void serve_http(int status, std::string const& body) {
  int const socket = listen_on_port();
  for (;;) {
    int const came = ::accept(socket, nullptr, nullptr);
    if (came < 0) continue;
    if (status != 0) {
      std::array<char, 4096> request{};
      static_cast<void>(::read(came, request.data(), request.size()));
      write_out(came, "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
    }
    ::close(came);
  }
}

int connect_to(char const* path, int type) {
  int const socket = ::socket(AF_UNIX, type, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::_Exit(97);
  return socket;
}

void notify(std::string const& text) {
  auto const* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) std::_Exit(97);
  int const socket = connect_to(path, SOCK_DGRAM);
  static_cast<void>(::send(socket, text.data(), text.size(), 0));
  ::close(socket);
}

void register_agent() {
  auto const* path = std::getenv("OSTLER_KEEPER_SOCK");
  if (path == nullptr) std::_Exit(97);
  int const socket = connect_to(path, SOCK_STREAM);
  std::string const message = R"({"type":"register","name":"test"})";
  std::string frame{static_cast<char>(message.size()), 0, 0, 0, 0, 0, 0, 0, 0};
  write_out(socket, frame + message);
  // Stays open: an agent is registered while it is connected.
}

void print_numbers(long count) {
  std::array<char, 32> line{};
  for (long at = 1; count == 0 || at <= count; ++at) {
    auto const size = std::snprintf(line.data(), line.size(), "%012ld out\n", at);
    write_out(1, {line.data(), static_cast<std::size_t>(size)});
  }
}

// In steps of ten milliseconds.
[[noreturn]] void print_steadily(long rate) {
  itimerspec const step{.it_interval = {.tv_sec = 0, .tv_nsec = 10'000'000},
                        .it_value = {.tv_sec = 0, .tv_nsec = 1}};
  int const timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
  ::timerfd_settime(timer, 0, &step, nullptr);
  std::array<char, 32> line{};
  long at = 0;
  for (std::uint64_t steps = 0, all = 0;; all += steps) {
    if (::read(timer, &steps, sizeof steps) != sizeof steps) std::_Exit(121);
    for (auto const due = static_cast<long>(all + steps) * rate / 100; at < due;) {
      auto const size = std::snprintf(line.data(), line.size(), "%012ld out\n", ++at);
      write_out(1, {line.data(), static_cast<std::size_t>(size)});
    }
  }
}

void flood(long mib) {
  constexpr std::size_t line_size = 17;
  constexpr std::size_t lines = 3800;
  std::string block(lines * line_size, ' ');
  auto const blocks = mib * 1024 * 1024 / static_cast<long>(block.size()) + 1;
  for (long number = 1, done = 0; done < blocks; ++done) {
    for (std::size_t at = 0; at < block.size(); at += line_size, ++number) {
      std::array<char, line_size + 1> line{};
      std::snprintf(line.data(), line.size(), "%012ld out\n", number);
      std::memcpy(&block[at], line.data(), line_size);
    }
    write_out(1, block);
  }
}

void make_orphans(int count) {
  for (int made = 0; made < count; ++made) {
    auto const child = ::fork();
    if (child == 0) {
      if (::fork() == 0) ::_exit(0);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
}

void be_alone(std::string const& name) {
  // Stays open for whoever comes after us in the tree.
  int const file = ::open(name.c_str(), O_RDWR | O_CREAT, 0600);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0)
    ::close(::open((name + ".twice").c_str(), O_RDWR | O_CREAT, 0600));
}

[[noreturn]] void bomb(int depth) {
  for (int child = 0; depth > 0 && child < 2; ++child) {
    if (::fork() != 0) continue;
    ::setsid();
    // Only one of the two goes deeper, so that there are twice as many as it is deep and not two to its
    // power.
    bomb(child == 0 ? depth - 1 : 0);
  }
  wait_for_ever();
}

void orphan() {
  if (::fork() != 0) std::_Exit(0);
}

void be_bare(char** words) {
  if (std::getenv("PATH") == nullptr && std::getenv("OSTLER_RUN") == nullptr) return;
  std::array<char*, 1> none{nullptr};
  ::execve("/proc/self/exe", words, none.data());
  std::_Exit(96);
}

void append_pid(std::string const& name) {
  int const file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  write_out(file, std::to_string(::getpid()) + "\n");
  ::close(file);
}

// So much and no more: a sanitizer that keeps accounts of each write would take several times as much.
__attribute__((no_sanitize("thread"))) void take_memory(std::size_t mebibytes) {
  constexpr std::size_t page = 4096;
  auto const size = mebibytes << 20U;
  auto* taken = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (taken == MAP_FAILED) std::_Exit(95);
  for (std::size_t at = 0; at < size; at += page) static_cast<char volatile*>(taken)[at] = 1;
}

int play(std::vector<std::string> const& words, char** all) {
  std::size_t at = 1;
  auto const next = [&]() -> std::string { return at < words.size() ? words[at++] : std::string(); };
  while (at < words.size()) {
    auto const word = next();
    if (word == "print")
      write_out(1, unescaped(next()));
    else if (word == "warn")
      write_out(2, unescaped(next()));
    else if (word == "line") {
      std::string const block(1024UL * 1024, 'x');
      for (int left = std::atoi(next().c_str()); left > 0; --left) write_out(1, block);
    } else if (word == "numbers")
      print_numbers(std::atol(next().c_str()));
    else if (word == "steady")
      print_steadily(std::atol(next().c_str()));
    else if (word == "flood")
      flood(std::atol(next().c_str()));
    else if (word == "orphans")
      make_orphans(std::atoi(next().c_str()));
    else if (word == "take")
      take_memory(std::strtoul(next().c_str(), nullptr, 10));
    else if (word == "alone")
      be_alone(next());
    else if (word == "wait")
      wait_for_ever();
    else if (word == "exit")
      return std::atoi(next().c_str());
    else if (word == "abort")
      std::abort();
    else if (word == "die")
      ::raise(std::atoi(next().c_str()));
    else if (word == "ignore")
      ::signal(std::atoi(next().c_str()), SIG_IGN);
    else if (word == "on") {
      int const number = std::atoi(next().c_str());
      exit_code_on_signal = std::atoi(next().c_str());
      ::signal(number, leave);
    } else if (word == "listen")
      listen_on_port();
    else if (word == "http") {
      int const status = std::atoi(next().c_str());
      serve_http(status, next());
    } else if (word == "notify")
      notify(unescaped(next()));
    else if (word == "register")
      register_agent();
    else if (word == "child") {
      if (::fork() != 0) wait_for_ever();
    } else if (word == "orphan") {
      if (::fork() != 0) wait_for_ever();
      ::setsid();
      orphan();
    } else if (word == "bomb")
      bomb(std::atoi(next().c_str()));
    else if (word == "file")
      append_pid(next());
    else if (word == "env") {
      auto const* value = std::getenv(next().c_str());
      write_out(1, std::string(value != nullptr ? value : "(none)") + "\n");
    } else if (word == "bare")
      be_bare(all);
    else
      return 125;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) { return play({words, words + count}, words); }
