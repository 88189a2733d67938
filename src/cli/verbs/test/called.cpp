#include "cli/verbs/test/called.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include "base/ensure.hpp"
#include "cli/verbs/all.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"

namespace ostler::cli::test {
namespace {

system::fd memory(std::string_view content) {
  system::fd made(::memfd_create("words", MFD_CLOEXEC));
  ensure(static_cast<bool>(made), "a file in memory can be made");
  static_cast<void>(system::write_all(made.get(), as_bytes(content)));
  ::lseek(made.get(), 0, SEEK_SET);
  return made;
}

std::string content_of(system::fd const& file) {
  ::lseek(file.get(), 0, SEEK_SET);
  std::string out;
  std::string piece(65536, '\0');
  for (;;) {
    auto const count = ::read(file.get(), piece.data(), piece.size());
    if (count <= 0) return out;
    out.append(piece, 0, static_cast<std::size_t>(count));
  }
}

}  // namespace

place::place() {
  std::filesystem::create_directories(project());
  environment["HOME"] = root_ + "/home";
  environment["OSTLER_STATE"] = root_ + "/state";
  environment["TERM"] = "xterm";
  // The real one lies beside this test.
  environment["OSTLER_NO_AUTOSTART"] = "1";
}

void place::write(std::string const& name, std::string_view text) const {
  std::ofstream(project() + "/" + name, std::ios::binary) << text;
}

std::string place::read(std::string const& name) const {
  std::ostringstream out;
  out << std::ifstream(project() + "/" + name, std::ios::binary).rdbuf();
  return std::move(out).str();
}

called place::call(std::vector<std::string> const& words) const {
  auto const in = memory(input);
  auto const out = memory({});
  auto const err = memory({});
  surroundings around{.variable = [this](std::string_view name) -> std::optional<std::string> {
                        auto const at = environment.find(name);
                        return at == environment.end() ? std::nullopt : std::optional(at->second);
                      },
                      .directory = project(),
                      .input = in.get(),
                      .output = out.get(),
                      .errors = err.get(),
                      .version = "1.2.3"};
  int const code = run(std::move(around), words);
  return {.code = code, .out = content_of(out), .err = content_of(err)};
}

called place::call(client::test::false_daemon const& daemon, std::vector<std::string> words) const {
  words.insert(words.begin(), {"--host", "unix:" + daemon.address().socket});
  return call(words);
}

operations::instance instance_of(place const& where, std::string name, operations::instance_state state,
                                 std::string message) {
  operations::instance out;
  out.id = instance_id::make(wall_time(1s), 1, fingerprint().add(name).value());
  out.name = std::move(name);
  out.project = where.project();
  out.provider = "local";
  out.state = state;
  out.message = std::move(message);
  bool const running = state == operations::instance_state::running;
  out.health = running ? operations::instance_health::healthy : operations::instance_health::unknown;
  out.wanted = running ? operations::instance_wanted::running : operations::instance_wanted::stopped;
  return out;
}

}  // namespace ostler::cli::test
