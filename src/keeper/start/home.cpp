#include "keeper/start/home.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/start/version.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"
#include "system/random.hpp"
#include "wire/json.hpp"

namespace ostler::keeper {
namespace {

constexpr std::size_t spec_size_max = 4UL * 1024 * 1024;
constexpr std::size_t mark_size_max = 64UL * 1024;
// A child that a killed keeper was just making holds its lock until it has become the other program.
constexpr milliseconds born_within{5000};
constexpr int look_every_ms = 5;

bool lives(ident const& who) {
  auto const seen = system::stat_of(static_cast<pid_t>(who.pid));
  return seen && seen->start_ticks == who.start_ticks && !seen->ended();
}

}  // namespace

result<home> home::open(std::string const& path) {
  char absolute[PATH_MAX];
  if (::realpath(path.c_str(), absolute) == nullptr)
    return system::fail_errno(fmt::format("open the directory {}", path));
  auto directory = system::open_at(AT_FDCWD, absolute, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory) return std::unexpected(directory.error());
  struct stat seen{};
  if (::fstat(directory->get(), &seen) != 0) return system::fail_errno(fmt::format("look at {}", path));
  // Who else could write there could make us run anything.
  if (seen.st_uid != ::geteuid())
    return fail(error_code::not_permitted,
                fmt::format("{} belongs to user {}, not to us", absolute, seen.st_uid));
  if ((seen.st_mode & 0077U) != 0)
    return fail(error_code::not_permitted,
                fmt::format("{} may be used by others (mode {:o})", absolute, seen.st_mode & 0777U), {},
                {fmt::format("chmod 700 {}", absolute)});
  return home(absolute, std::move(*directory));
}

result<void> home::lock() {
  auto file = system::open_at(directory_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!file) return std::unexpected(file.error());
  auto const end = system::now() + born_within;
  while (system::uninterrupted([&] { return ::flock(file->get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return system::fail_errno(fmt::format("lock {}", path_));
    auto const other = holder();
    if (other && !lives(*other) && system::now() < end) {
      ::poll(nullptr, 0, look_every_ms);
      continue;
    }
    return fail(error_code::keeper_held,
                other ? fmt::format("{} is held by the keeper with pid {}", path_, other->pid)
                      : fmt::format("{} is held by another keeper", path_));
  }
  lock_ = std::move(*file);
  return {};
}

result<wire::keeper_spec> home::spec() const {
  auto const text = system::read_file_at(directory_.get(), "spec.json", spec_size_max);
  if (!text) return std::unexpected(text.error());
  return wire::from_json<wire::keeper_spec>(*text);
}

result<void> home::keep_spec(wire::keeper_spec const& spec) const {
  return system::replace_file_at(directory_.get(), "spec.json", wire::to_json(spec),
                                 system::survives::killed);
}

std::optional<ident> home::holder() const {
  auto const text = system::read_file_at(directory_.get(), "ident", mark_size_max);
  if (!text) return std::nullopt;
  auto read = wire::from_json<ident>(*text);
  if (!read) return std::nullopt;
  return std::move(*read);
}

bool home::started(std::uint64_t generation) const {
  auto const text = system::read_file_at(directory_.get(), "started", mark_size_max);
  return text && *text == fmt::format("{}\n", generation);
}

std::string home::nonce_of(std::uint64_t generation) const {
  auto const former = holder();
  return former && former->generation == generation ? former->nonce : system::random_nonce();
}

result<ident> home::take(std::uint64_t generation, std::uint64_t last_seq, std::string nonce) {
  auto const own = system::identify(::getpid());
  if (!own) return std::unexpected(own.error());
  auto const former = holder();
  bool const begun = former && former->generation == generation;
  ident made{.pid = own->pid,
             .start_ticks = own->start_ticks,
             .boot_id = own->boot,
             .nonce = std::move(nonce),
             .mark = former ? former->mark : std::string(),
             .generation = generation,
             .began_seq = begun ? former->began_seq : last_seq,
             .version = version};
  if (made.mark.empty()) made.mark = former ? former->nonce : made.nonce;
  auto done =
      system::replace_file_at(directory_.get(), "ident", wire::to_json(made), system::survives::killed);
  if (!done) return std::unexpected(done.error());
  return made;
}

result<void> home::mark_started(std::uint64_t generation) const {
  return system::replace_file_at(directory_.get(), "started", fmt::format("{}\n", generation),
                                 system::survives::killed);
}

}  // namespace ostler::keeper
