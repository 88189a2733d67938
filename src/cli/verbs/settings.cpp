#include <algorithm>
#include <boost/describe.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/project_files.hpp"
#include "config/disk.hpp"
#include "config/imports.hpp"
#include "config/schema.hpp"
#include "config/writer.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string origins_text(config::project const& what) {
  std::size_t width = 0;
  for (auto const& one : what.origins) width = std::max(width, columns_of(printable(one.key)));
  std::string out;
  for (auto const& one : what.origins) {
    auto const place = one.line == 0 ? one.file : fmt::format("{}:{}", one.file, one.line);
    out += fmt::format("{}  {}{}{}\n", padded(printable(one.key), width),
                       boost::describe::enum_to_string(one.from, ""), place.empty() ? "" : "  ",
                       printable(place));
  }
  return out;
}

std::string not_mapped_text(std::vector<config::left_out> const& all, std::string_view name) {
  std::string out;
  for (auto const& one : all)
    out += fmt::format("# not taken over, {}:{}: {}\n", printable(name), one.line, printable(one.what));
  return out;
}

result<std::string> project_text(context const& with, config::loaded_project const& what) {
  if (with.writes_json()) return wire::to_json(what.what) + "\n";
  return config::to_toml(what.what);
}

// What `init` writes: what was found, and of what nobody has said an example in a comment.
std::string starting_toml(config::loaded_project const& from) {
  std::string out =
      "# What this project needs to run. `ostler help config check`; every key: "
      "docs/reference/ostler-toml.md\n";
  if (from.from.file) out += fmt::format("# Made from {}.\n", printable(last_part(from.from.file->path)));
  if (from.from.file) out += not_mapped_text(from.not_mapped, last_part(from.from.file->path));
  auto what = from.what;
  // Of the user and of the machine, not of the project.
  std::erase_if(what.provider_tables, [](auto const&) { return true; });
  out += "\n" + config::to_toml(what);
  if (what.services.empty())
    out +=
        "\n# [service.web]\n"
        "# run   = \"npm run dev -- --port $PORT\"\n"
        "# port  = \"auto\"                 # a free one, the same again whenever that is possible\n"
        "# ready = { http = \"/\" }\n";
  if (what.setup.run.empty())
    out +=
        "\n# [setup]                        # once, before the services start\n"
        "# run = [\"npm ci\"]\n";
  return out;
}

}  // namespace

result<int> config_show(context& with) {
  auto const what = load_project(with);
  if (!what) return std::unexpected(what.error());
  auto const& out = with.show().out;
  if (with.call().has("origin")) {
    if (with.writes_json())
      print_json(with, what->what.origins, what->what.origins);
    else
      out.write(origins_text(what->what));
    return exit_done;
  }
  auto const text = project_text(with, *what);
  if (!text) return std::unexpected(text.error());
  out.write(*text);
  return exit_done;
}

result<int> config_check(context& with) {
  auto const what = load_project(with);
  if (!what) return std::unexpected(what.error());
  auto const from = what->from.file ? printable(what->from.file->path) : std::string("no settings");
  with.show().out.line(fmt::format("{}: {} service{}, no mistakes", from, what->what.services.size(),
                                   what->what.services.size() == 1 ? "" : "s"));
  return exit_done;
}

result<int> config_path(context& with) {
  auto const where = with.paths();
  if (!where) return std::unexpected(where.error());
  auto const address = whereabouts::find_address(with.variable());
  if (!address) return std::unexpected(address.error());
  config::disk const files;
  auto const found = config::discover(files, with.directory());
  auto const& out = with.show().out;
  out.line("project     " + printable(found.directory));
  out.line("settings    " + (found.file ? printable(found.file->path) : std::string("none")));
  out.line("user        " + printable(user_settings_directory(with)) + "/config.toml");
  out.line("agreements  " + printable(where->state_directory) + "/trust.json");
  out.line("state       " + printable(where->state_directory));
  out.line("daemon      " + printable(address->text()));
  out.line("log         " + printable(where->log));
  return exit_done;
}

result<int> config_schema(context& with) {
  with.show().out.write(config::json_schema());
  return exit_done;
}

result<int> init(context& with) {
  auto const from = load_project(with);
  if (!from) return std::unexpected(from.error());
  auto const text = starting_toml(*from);
  if (with.call().has("stdout")) {
    with.show().out.write(text);
    return exit_done;
  }
  auto const path = from->from.directory + "/ostler.toml";
  bool const there = ::access(path.c_str(), F_OK) == 0;
  if (there && !with.call().has("force"))
    return fail(error_code::file_exists, fmt::format("{} is there already", path), {},
                {"ostler config check", "ostler init --force"});
  auto const directory = system::open_at(AT_FDCWD, from->from.directory, O_RDONLY | O_DIRECTORY);
  if (!directory) return std::unexpected(directory.error());
  constexpr mode_t readable = 0644;
  auto const done =
      system::replace_file_at(directory->get(), "ostler.toml", text, system::survives::killed, readable);
  if (!done) return std::unexpected(done.error());
  with.show().out.line("wrote " + printable(path));
  with.hint("next: ostler up");
  return exit_done;
}

result<int> import(context& with) {
  auto const& file = with.call().operands.front();
  auto const kind = config::kind_of_file(file);
  if (!kind || *kind == config::file_kind::ostler)
    return fail(error_code::usage, fmt::format("{} is nothing that can be imported", printable(file)),
                "There is: compose.yaml, docker-compose.yml, devcontainer.json, Procfile, package.json.");
  auto const path = file.starts_with('/') ? file : fmt::format("{}/{}", with.around().directory, file);
  config::disk const files;
  auto text = files.read(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return fail(error_code::file_unknown, fmt::format("there is no file {}", path));
  auto const read = config::import_project(
      *kind, {.from = config::layer::project, .name = file, .text = std::move(**text)});
  if (!read) return std::unexpected(read.error());
  with.show().out.write(config::to_toml(read->what));
  with.show().err.write(not_mapped_text(read->not_mapped, last_part(file)));
  return exit_done;
}

result<int> trust(context& with) {
  auto const file = trust_file(with);
  if (!file) return std::unexpected(file.error());
  config::trust_store const store(*file);
  auto const& call = with.call();
  if (call.has("revoke")) {
    config::disk const files;
    auto const directory = config::discover(files, with.directory()).directory;
    auto const done = store.revoke(directory);
    if (!done) return std::unexpected(done.error());
    with.show().out.line(*done ? "revoked for " + printable(directory)
                               : "nothing was agreed to in " + printable(directory));
    return exit_done;
  }
  auto const what = load_project(with);
  if (!what) return std::unexpected(what.error());
  auto const& directory = what->from.directory;
  auto const unknown = store.unknown(directory, what->what);
  if (!unknown) return std::unexpected(unknown.error());
  if (unknown->empty()) {
    with.show().out.line("everything in " + printable(directory) + " is agreed to");
    return exit_done;
  }
  with.show().out.write(commands_text(*unknown));
  if (call.has("show")) return exit_done;
  auto const sure = with.confirm(fmt::format("Agree to run these commands from {}?", printable(directory)),
                                 "agree to these commands");
  if (!sure) return std::unexpected(sure.error());
  if (!*sure) return exit_failed;
  if (auto const kept = store.trust(directory, what->what); !kept) return std::unexpected(kept.error());
  with.show().out.line("remembered; ostler trust --revoke to undo");
  return exit_done;
}

}  // namespace ostler::cli
