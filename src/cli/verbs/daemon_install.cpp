#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/programs.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

// systemd reads %, quotes and backslashes in these lines.
std::string in_unit(std::string_view path) {
  std::string out = "\"";
  for (char const c : path) {
    if (c == '%') out += '%';
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Only the daemon is ended: what runs in the instances is held by their keepers and goes on.
std::string service_unit(std::string const& program, std::string const& state) {
  return fmt::format(
      "[Unit]\n"
      "Description=Ostler, places for agents and developers to work\n"
      "Requires=ostlerd.socket\n"
      "\n"
      "[Service]\n"
      "ExecStart={}\n"
      "{}"
      "KillMode=process\n"
      "Restart=on-failure\n"
      "RestartSec=1\n"
      "TimeoutStopSec=15\n"
      "\n"
      "[Install]\n"
      "Also=ostlerd.socket\n"
      "WantedBy=default.target\n",
      in_unit(program),
      state.empty() ? "" : fmt::format("Environment={}\n", in_unit("OSTLER_STATE=" + state)));
}

// systemd listens, so whoever calls early waits instead of failing.
std::string socket_unit(std::string const& socket) {
  std::string path;
  for (char const c : socket) path += c == '%' ? "%%" : std::string(1, c);
  return fmt::format(
      "[Unit]\n"
      "Description=The socket of Ostler's daemon\n"
      "\n"
      "[Socket]\n"
      "ListenStream={}\n"
      "SocketMode=0600\n"
      "DirectoryMode=0700\n"
      "\n"
      "[Install]\n"
      "WantedBy=sockets.target\n",
      path);
}

struct unit {
  std::string name;
  std::string text;
};

result<std::vector<unit>> units_of(context const& with) {
  auto const program = daemon_program(with);
  if (!program) return std::unexpected(program.error());
  auto const where = with.paths();
  if (!where) return std::unexpected(where.error());
  auto const state = with.around().variable("OSTLER_STATE").value_or("");
  return std::vector<unit>{{"ostlerd.service", service_unit(*program, state)},
                           {"ostlerd.socket", socket_unit(where->socket)}};
}

result<void> write_units(std::string const& directory, std::vector<unit> const& all) {
  std::error_code why;
  std::filesystem::create_directories(directory, why);
  if (why)
    return fail(error_code::system_failed, fmt::format("could not make {}: {}", directory, why.message()));
  auto const opened = system::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  constexpr mode_t readable = 0644;
  for (auto const& one : all)
    if (auto done =
            system::replace_file_at(opened->get(), one.name, one.text, system::survives::killed, readable);
        !done)
      return done;
  return {};
}

result<std::string> units_directory(context const& with) {
  auto const base = with.around().variable("XDG_CONFIG_HOME");
  if (base && !base->empty()) return *base + "/systemd/user";
  auto const home = with.around().variable("HOME");
  if (home && !home->empty()) return *home + "/.config/systemd/user";
  return fail(error_code::usage,
              "neither XDG_CONFIG_HOME nor HOME is set: nobody knows where units of this user lie");
}

}  // namespace

result<int> daemon_install(context& with) {
  auto const units = units_of(with);
  if (!units) return std::unexpected(units.error());
  auto const directory = units_directory(with);
  if (!directory) return std::unexpected(directory.error());
  auto const& out = with.show().out;
  for (auto const& one : *units)
    out.write(fmt::format("# {}/{}\n{}\n", printable(*directory), one.name, one.text));
  if (with.call().has("print")) return exit_done;
  auto const sure = with.confirm("Write them?", "write these units");
  if (!sure) return std::unexpected(sure.error());
  if (!*sure) return exit_failed;
  if (auto const done = write_units(*directory, *units); !done) return std::unexpected(done.error());
  out.line(fmt::format("wrote {} units to {}", units->size(), printable(*directory)));
  out.line(
      "next: ostler daemon stop; systemctl --user daemon-reload; systemctl --user enable --now "
      "ostlerd.socket");
  return exit_done;
}

}  // namespace ostler::cli
