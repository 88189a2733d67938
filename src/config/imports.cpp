#include "config/imports.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "config/json_tree.hpp"
#include "config/mistakes.hpp"
#include "config/reader.hpp"
#include "config/toml_scanner.hpp"
#include "config/tree_maker.hpp"

namespace ostler::config {
namespace {

std::unexpected<error> refuse(source const& about, place at, std::string what, std::string allowed) {
  mistakes told(std::vector<source const*>{&about});
  told.tell(error_code::text_malformed, at, std::move(what), std::move(allowed));
  return std::unexpected(told.as_error());
}

bool is_process_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

struct process_line {
  std::string name;
  place name_at;
  std::string command;
  place command_at;
};

// The rest of the line, without what is blank at its ends.
std::string rest_of_line(toml_scanner& in) {
  std::string out;
  for (; !in.at_end() && in.peek() != '\n'; in.step()) out += in.peek();
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t' || out.back() == '\r')) out.pop_back();
  return out;
}

bool read_process(toml_scanner& in, process_line& out) {
  out.name_at = in.here();
  for (; is_process_name(in.peek()); in.step()) out.name += in.peek();
  if (out.name.empty() || !in.take(':')) return in.fail(out.name_at, "this is no process", "NAME: COMMAND");
  in.skip_blanks();
  out.command_at = in.here();
  out.command = rest_of_line(in);
  if (out.command.empty())
    return in.fail(out.command_at, fmt::format("{} has no command", out.name), "NAME: COMMAND");
  in.take('\n');
  return true;
}

class procfile_reader {
 public:
  explicit procfile_reader(std::string_view text) : in_(text) {}

  bool read() {
    if (!in_.check_characters()) return false;
    for (in_.skip_between(); !in_.at_end(); in_.skip_between()) {
      process_line line;
      if (!read_process(in_, line) || !add(line)) return false;
    }
    return !in_.failed();
  }
  text_mistake const& mistake() const { return in_.mistake(); }

  node services = table_at({});
  std::vector<left_out> not_mapped;

 private:
  bool add(process_line const& line) {
    if (line.name == "release") {
      not_mapped.push_back(
          {line.name_at.line, "release: runs when a release is made, which an instance is not"});
      return true;
    }
    auto const name = service_name_from(line.name);
    if (name.empty())
      return in_.fail(line.name_at, "nothing is left of this as a name", "letters and digits");
    if (find(*services.members(), name) != nullptr)
      return in_.fail(line.name_at, fmt::format("there is a process {} already", name), "each name once");
    if (name != line.name)
      not_mapped.push_back({line.name_at.line, fmt::format("{}: is called {}", in_quotes(line.name), name)});
    auto& one = put(services, name, table_at(line.name_at));
    put(one, "run", text_at(line.command_at, line.command));
    bool const mentioned = mentions_port(line.command);
    if (mentioned || name == "web") put(one, "port", text_at(line.name_at, "auto"));
    // Only who looks at PORT is sure to listen there.
    if (mentioned) put(put(one, "ready", table_at(line.name_at)), "tcp", {true, line.name_at});
    return true;
  }

  toml_scanner in_;
};

}  // namespace

std::string service_name_from(std::string_view name) {
  std::string out;
  for (char const c : name.substr(0, name_length_max)) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else
      out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
  }
  while (out.ends_with('-')) out.pop_back();
  out.erase(0, out.find_first_not_of('-'));
  return out;
}

bool mentions_port(std::string_view command) {
  for (auto at = command.find('$'); at != command.npos; at = command.find('$', at + 1)) {
    auto rest = command.substr(at + 1);
    if (rest.starts_with('{')) rest.remove_prefix(1);
    if (rest.starts_with("PORT") && (rest.size() == 4 || !(is_process_name(rest[4]) && rest[4] != '-')))
      return true;
  }
  return false;
}

std::optional<file_kind> kind_of_file(std::string_view path) {
  auto const name = path.substr(path.rfind('/') + 1);
  if (name == "Procfile" || name.starts_with("Procfile.")) return file_kind::procfile;
  for (std::string_view const stem : {"compose", "docker-compose"})
    if (name.starts_with(stem) && (name.ends_with(".yaml") || name.ends_with(".yml")))
      return file_kind::compose;
  if (name == "devcontainer.json" || name == ".devcontainer.json") return file_kind::devcontainer;
  if (name == "package.json") return file_kind::package;
  if (name.ends_with(".toml")) return file_kind::ostler;
  return std::nullopt;
}

result<imported> import_procfile(source about) {
  procfile_reader in(about.text);
  if (!in.read()) return refuse(about, in.mistake().at, in.mistake().what, in.mistake().allowed);
  auto root = table_at({});
  put(root, "service", std::move(in.services));
  return imported{{std::move(about), std::move(root)}, std::move(in.not_mapped)};
}

result<imported> import_package(source about) {
  auto const all = parse_json(about.text);
  if (!all) return refuse(about, all.error().at, all.error().what, all.error().allowed);
  auto const* scripts = find(*all->members(), "scripts");
  auto const* dev = scripts == nullptr || scripts->value.members() == nullptr
                        ? nullptr
                        : find(*scripts->value.members(), "dev");
  if (dev == nullptr || dev->value.text() == nullptr)
    return refuse(about, {0, 1, 1}, "there is no script \"dev\" in it", R"("scripts": { "dev": "…" })");
  std::string_view manager = "npm";
  if (auto const* named = find(*all->members(), "packageManager");
      named != nullptr && named->value.text() != nullptr)
    for (std::string_view const known : {"pnpm", "yarn", "bun"})
      if (named->value.text()->starts_with(fmt::format("{}@", known))) manager = known;
  auto root = table_at({});
  auto& web = put(put(root, "service", table_at(dev->at)), "web", table_at(dev->at));
  put(web, "run", text_at(dev->value.at, fmt::format("{} run dev", manager)));
  put(web, "port", text_at(dev->value.at, "auto"));
  put(web, "open", {true, dev->value.at});
  std::vector<left_out> not_mapped;
  if (!mentions_port(*dev->value.text()))
    not_mapped.push_back(
        {dev->value.at.line, "dev: whether it listens on $PORT is not known; see its own flags for that"});
  return imported{{std::move(about), std::move(root)}, std::move(not_mapped)};
}

result<imported> import_file(file_kind kind, source about) {
  switch (kind) {
    case file_kind::compose: return import_compose(std::move(about));
    case file_kind::devcontainer: return import_devcontainer(std::move(about));
    case file_kind::procfile: return import_procfile(std::move(about));
    case file_kind::package: return import_package(std::move(about));
    case file_kind::ostler: break;
  }
  auto read = parse_document(std::move(about));
  if (!read) return std::unexpected(read.error());
  return imported{*std::move(read), {}};
}

result<imported_project> import_project(file_kind kind, source about) {
  auto one = import_file(kind, std::move(about));
  if (!one) return std::unexpected(one.error());
  std::vector<document> layers;
  layers.push_back(std::move(one->from));
  auto what = read_project(std::move(layers));
  if (!what) return std::unexpected(what.error());
  return imported_project{*std::move(what), std::move(one->not_mapped)};
}

}  // namespace ostler::config
