#include "keeper/whole/succession.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "keeper/hold/spawn.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

constexpr char const* handover_file = "handover.json";
constexpr std::size_t handover_size_max = 16UL * 1024 * 1024;
// A program that does not say who it is within this time is no keeper.
constexpr milliseconds answer_limit{3000};

void stay_open(int descriptor) {
  if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, 0);
}

// Only comes back when it could not be done.
void run_in_our_place(std::string const& program, std::string const& directory) {
  std::array<char const*, 6> const words{program.c_str(),   "run",  "--take-over", "--dir",
                                         directory.c_str(), nullptr};
  ::execv(program.c_str(), const_cast<char* const*>(words.data()));
}

std::string first_words(int from, instant until) {
  std::string out;
  std::array<char, 256> piece{};
  while (out.size() < piece.size()) {
    auto const left = std::chrono::ceil<milliseconds>(until - system::now());
    pollfd ready{.fd = from, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
    auto const got = system::uninterrupted([&] { return ::read(from, piece.data(), piece.size()); });
    if (got <= 0) break;
    out.append(piece.data(), static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace

result<void> check_successor(std::string const& program) {
  if (program.empty() || program.front() != '/')
    return fail(error_code::value_unknown,
                fmt::format("{} is no absolute path of a program", in_quotes(program)));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system::fail_errno("make a pipe");
  system::fd const hear(ends[0]);
  system::fd said(ends[1]);
  auto const started = spawn({.argv = {program, "--version"},
                              .environment = {},
                              .input = STDIN_FILENO,
                              .output = said.get(),
                              .errors = said.get()});
  if (!started) return std::unexpected(started.error());
  said.reset();
  auto const words = first_words(hear.get(), system::now() + answer_limit);
  // Our child until we have waited for it, so the number is its own.
  ::kill(started->pid, SIGKILL);
  static_cast<void>(system::uninterrupted([&] { return ::waitpid(started->pid, nullptr, 0); }));
  if (words.starts_with("ostler-keeper ")) return {};
  return fail(error_code::value_unknown,
              fmt::format("{} does not say that it is a keeper, but {}", program, in_quotes(words)));
}

error become(home const& place, std::string const& program, handed_keeper handed) {
  handed.lock = place.lock_descriptor();
  stay_open(handed.lock);
  for (auto const& each : handed.sessions.sessions)
    for (auto const descriptor : {each.in, each.out, each.err}) stay_open(descriptor);
  auto const keep = [&] {
    return system::replace_file_at(place.get(), handover_file, wire::to_json(handed),
                                   system::survives::killed);
  };
  if (auto done = keep(); !done) return done.error();
  run_in_our_place(program, place.path());
  handed.failed = fmt::format("could not become {}: {}", program, system::errno_text(errno));
  if (auto done = keep(); !done) return done.error();
  run_in_our_place("/proc/self/exe", place.path());
  return {error_code::system_failed, handed.failed, {}, {}};
}

result<handed_keeper> take_handover(home const& place) {
  auto const text = system::read_file_at(place.get(), handover_file, handover_size_max);
  if (!text) return std::unexpected(text.error());
  ::unlinkat(place.get(), handover_file, 0);
  auto handed = wire::from_json<handed_keeper>(*text);
  if (!handed) return handed;
  auto const close_again = [](int descriptor) {
    if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  };
  close_again(handed->lock);
  for (auto const& each : handed->sessions.sessions)
    for (auto const descriptor : {each.in, each.out, each.err}) close_again(descriptor);
  return handed;
}

}  // namespace ostler::keeper
