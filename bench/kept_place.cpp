#include "bench/kept_place.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ensure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"
#include "wire/json.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::bench {

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::string beside_us(char const* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

kept_place::kept_place() {
  auto pattern = (std::filesystem::temp_directory_path() / "ostler-bench-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
  std::filesystem::create_directory(path_ + "/work");
  ensure(::mkdir((path_ + "/keep").c_str(), 0700) == 0, "the keeper's directory can be made");
  spec.instance = "ins_bench";
  spec.name = "bench";
  spec.project = "bench";
  spec.workspace = path_ + "/work";
}

// Asked to end, it ends all that it holds first.
kept_place::~kept_place() {
  if (auto const pid = keeper_pid(); pid > 0) {
    if (auto const keeper = system::open_pidfd(pid)) {
      ::kill(pid, SIGTERM);
      pollfd ended{.fd = keeper.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ended, 1, 30'000) != 1) ::kill(pid, SIGKILL);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void kept_place::start() {
  auto const text = wire::to_json(spec);
  auto const kept =
      system::replace_file_at(AT_FDCWD, path_ + "/keep/spec.json", text, system::survives::killed);
  ensure(kept.has_value(), "the spec can be written");
  auto const program = beside_us("ostler-keeper");
  auto const directory = path_ + "/keep";
  auto const made = ::fork();
  if (made == 0) {
    ::execl(program.c_str(), program.c_str(), "run", "--dir", directory.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  ensure(::waitpid(made, &status, 0) == made && status == 0, "the keeper starts");
}

pid_t kept_place::keeper_pid() const {
  auto const text = system::read_file_at(AT_FDCWD, path_ + "/keep/ident", 4096);
  constexpr std::string_view key = "\"pid\":";
  auto const at = text ? text->find(key) : std::string::npos;
  pid_t pid = 0;
  if (at != std::string::npos)
    std::from_chars(text->data() + at + key.size(), text->data() + text->size(), pid);
  return pid;
}

plain_link::plain_link(kept_place const& to) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ensure(to.socket().size() < sizeof address.sun_path, "the temporary directory has a short name");
  to.socket().copy(address.sun_path, to.socket().size());
  ensure(::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0,
         "the keeper listens");
  await("registered");
  std::string out;
  wire::write_control(out, wire::to_json(wire::hello{}));
  send(out);
}

void plain_link::credit(std::uint32_t stream, std::uint32_t bytes) {
  std::string out;
  wire::write_credit(out, stream, bytes);
  send(out);
}

std::uint64_t plain_link::await(std::string_view text) {
  for (;;) {
    if (auto const found = came_.find(text); found != std::string::npos) {
      came_.erase(0, found + text.size());
      return read_at_;
    }
    std::array<char, 65536> piece{};
    auto const got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    read_at_ = now();
    ensure(got > 0, "the keeper goes on telling");
    came_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

void plain_link::send(std::string_view bytes) {
  sent_at_ = now();
  ensure(
      ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
      "the keeper takes an order");
}

}  // namespace ostler::bench
