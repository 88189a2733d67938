#include "cli/verbs/project_files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "cli/text.hpp"
#include "config/disk.hpp"
#include "config/json_tree.hpp"
#include "config/mistakes.hpp"
#include "config/toml.hpp"

namespace ostler::cli {
namespace {

std::string named_file(context const& with) {
  auto const& call = with.call();
  std::string named;
  if (call.which != nullptr && find_option(*call.which, "file") != nullptr)
    named = call.value("file").value_or("");
  if (named.empty()) named = call.value("config").value_or("");
  if (named.empty()) named = with.around().variable("OSTLER_CONFIG").value_or("");
  if (named.empty() || named == "-" || named.starts_with('/')) return named;
  return fmt::format("{}/{}", with.around().directory, named);
}

result<config::document> from_input(context const& with) {
  auto text = read_input(with.around().input, config::text_size_max);
  if (!text) return std::unexpected(text.error());
  config::source about{.from = config::layer::project, .name = "standard input", .text = std::move(*text)};
  auto const first = about.text.find_first_not_of(" \t\r\n");
  bool const is_json = first != std::string::npos && about.text[first] == '{';
  auto read =
      is_json ? config::parse_json(about.text, config::text_size_max) : config::parse_toml(about.text);
  if (!read) {
    config::mistakes all({&about});
    all.tell(read.error());
    return std::unexpected(all.as_error());
  }
  return config::document{.about = std::move(about), .root = std::move(*read)};
}

}  // namespace

std::string user_settings_directory(context const& with) {
  auto const base = with.around().variable("XDG_CONFIG_HOME");
  if (base && !base->empty()) return *base + "/ostler";
  auto const home = with.around().variable("HOME");
  return home && !home->empty() ? *home + "/.config/ostler" : std::string();
}

result<config::loaded_project> load_project(context const& with) {
  config::load_request wanted{.working_directory = with.directory(),
                              .user_directory = user_settings_directory(with),
                              .file = named_file(with),
                              .given = std::nullopt,
                              .settings = {},
                              .plugins = {}};
  if (wanted.file == "-") {
    wanted.file.clear();
    auto read = from_input(with);
    if (!read) return std::unexpected(read.error());
    wanted.given = std::move(*read);
  }
  config::disk const files;
  return config::load(files, std::move(wanted));
}

result<std::string> trust_file(context const& with) {
  auto const where = with.paths();
  if (!where) return std::unexpected(where.error());
  return where->state_directory + "/trust.json";
}

std::string commands_text(std::vector<config::told_command> const& commands) {
  std::size_t width = 0;
  for (auto const& one : commands) width = std::max(width, columns_of(printable(one.where)));
  std::string out;
  for (auto const& one : commands)
    out += fmt::format("    {}  {}\n", padded(printable(one.where), width), printable(one.what));
  return out;
}

result<void> ensure_trusted(context const& with, config::loaded_project const& what) {
  auto const file = trust_file(with);
  if (!file) return std::unexpected(file.error());
  config::trust_store const store(*file);
  auto const& directory = what.from.directory;
  auto const unknown = store.unknown(directory, what.what);
  if (!unknown) return std::unexpected(unknown.error());
  if (unknown->empty()) return {};
  auto const commands = commands_text(*unknown);
  auto const refuse = [&] {
    return fail(error_code::commands_not_trusted,
                fmt::format("the commands of the project in {} were not agreed to", directory), commands,
                {with.directory() == directory ? "ostler trust"
                                               : fmt::format("ostler trust --project {}", directory)});
  };
  if (!with.may_ask()) return refuse();
  with.show().err.write(fmt::format("This project wants to run on this machine:\n{}", commands));
  if (!with.asks_yes(fmt::format("Run these commands from {}?", printable(directory)))) return refuse();
  if (auto const kept = store.trust(directory, what.what); !kept) return kept;
  with.note("(remembered; ostler trust --revoke to undo)");
  return {};
}

}  // namespace ostler::cli
