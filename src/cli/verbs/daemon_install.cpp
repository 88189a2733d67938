#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/programs.hpp"
#include "cli/verbs/units.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

result<std::vector<unit>> units_of(context const& with) {
  auto const program = daemon_program(with);
  if (!program) return std::unexpected(program.error());
  auto const where = with.paths();
  if (!where) return std::unexpected(where.error());
  auto const state = with.around().variable("OSTLER_STATE").value_or("");
  return std::vector<unit>{service_unit(*program, state), socket_unit(where->socket)};
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

result<int> unit_for_packages(context& with) {
  auto const& words = with.call().operands;
  if (!words[1].starts_with('/'))
    return fail(error_code::usage, fmt::format("systemd starts programs by their absolute path; {} is none",
                                               in_quotes(words[1])));
  for (auto const& one : {service_unit(words[1], ""), socket_unit_of_anybody()}) {
    if (one.name != words[0]) continue;
    with.show().out.write(one.text);
    return exit_done;
  }
  return fail(error_code::usage, fmt::format("there is no unit {}; there is: ostlerd.service, ostlerd.socket",
                                             in_quotes(words[0])));
}

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
