// The page about ostler.toml, from the table of keys.
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/keys.hpp"
#include "config/schema.hpp"
#include "config/written.hpp"

namespace ostler::config {
namespace {

// A table of its own below the one that its key is in.
struct section {
  std::string title;
  std::string text;
};

class page {
 public:
  template <class T> void add(std::string const& path) {
    auto const index = sections_.size();
    sections_.push_back({path, {}});
    std::string rows;
    T const fresh{};
    for_each_key<T>([&](auto const& one) {
      auto const inner = path.empty() ? std::string(one.name) : fmt::format("{}.{}", path, one.name);
      auto const words = value_of(one.looks, inner, fresh);
      auto const preset = one.required ? std::string("needed") : preset_of(one.looks, fresh);
      rows += fmt::format("| `{}` | {} | {} | {} |\n", one.name, words, preset, one.about);
    });
    sections_[index].text = std::move(rows);
  }

  std::string text() const {
    std::string out;
    for (auto const& each : sections_)
      out += fmt::format("\n## {}\n\n| key | value | default | |\n| --- | --- | --- | --- |\n{}",
                         each.title.empty() ? "The file" : fmt::format("`[{}]`", each.title), each.text);
    return out;
  }

 private:
  template <class Looks, class T> static std::string preset_of(Looks looks, T const& fresh) {
    auto const value = written(looks, fresh);
    return value.empty() || value == "\"\"" || value == "[]" || value == "{}" || value == "0"
               ? std::string()
               : fmt::format("`{}`", value);
  }

  // One for each of the looks in keys.hpp.
  template <auto M, class T> std::string value_of(a_text<M> looks, std::string const&, T const&) {
    std::vector<std::string> beginnings;
    for (auto const each : looks.beginnings)
      if (!each.empty()) beginnings.push_back(fmt::format("`{}`", each));
    return beginnings.empty() ? "a text"
                              : fmt::format("a text that begins with {}", fmt::join(beginnings, " or "));
  }
  template <auto M, class T> std::string value_of(a_path<M>, std::string const&, T const&) {
    return "a path";
  }
  template <auto M, class T> std::string value_of(a_name<M>, std::string const&, T const&) {
    return "a name";
  }
  template <auto M, class T> std::string value_of(a_signal<M>, std::string const&, T const&) {
    return fmt::format("`\"{}\"`", fmt::join(known_signals, "\"`, `\""));
  }
  template <auto M, class T> std::string value_of(a_word<M>, std::string const&, T const& fresh) {
    std::vector<std::string_view> choices;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<std::remove_cvref_t<decltype(fresh.*M)>>>(
        [&](auto one) { choices.emplace_back(one.name); });
    return fmt::format("`\"{}\"`", fmt::join(choices, "\"`, `\""));
  }
  template <auto M, class T> std::string value_of(a_flag<M>, std::string const&, T const&) {
    return "`true`, `false`";
  }
  template <auto M, class T> std::string value_of(a_whole<M> looks, std::string const&, T const&) {
    return looks.least == looks.most ? fmt::format("{}", looks.least)
                                     : fmt::format("a whole number, {} to {}", looks.least, looks.most);
  }
  template <auto M, class T> std::string value_of(a_duration<M>, std::string const&, T const&) {
    return "a duration: `\"250ms\"`, `\"1m30s\"`";
  }
  template <auto First, auto Last, class T>
  std::string value_of(durations<First, Last>, std::string const&, T const&) {
    return "two durations: `\"1s..30s\"`";
  }
  template <auto M, class T> std::string value_of(a_size<M>, std::string const&, T const&) {
    return "bytes, or a size: `\"512M\"`, `\"4G\"`";
  }
  template <auto M, class T> std::string value_of(processors<M>, std::string const&, T const&) {
    return "a number: `2`, `0.5`";
  }
  template <auto M, class T> std::string value_of(texts<M>, std::string const&, T const&) {
    return "a text, or a list of them";
  }
  template <auto M, class T> std::string value_of(paths<M>, std::string const&, T const&) {
    return "a path, or a list of them";
  }
  template <auto M, class T> std::string value_of(arguments<M>, std::string const&, T const&) {
    return "a command";
  }
  template <auto Command, auto Shell, class T>
  std::string value_of(a_command<Command, Shell>, std::string const&, T const&) {
    return "a command";
  }
  template <auto M, class T> std::string value_of(a_port<M>, std::string const&, T const&) {
    return fmt::format("`\"auto\"`, or 1 to {}", port_max);
  }
  template <auto Least, auto Most, class T>
  std::string value_of(statuses<Least, Most>, std::string const&, T const&) {
    return "a status, or two: `\"200..399\"`";
  }
  template <auto M, class T> std::string value_of(variables<M>, std::string const&, T const&) {
    return "a table: `NAME = \"value\"`";
  }
  template <auto M, class T> std::string value_of(a_table<M>, std::string const& path, T const& fresh) {
    add_inner(fresh.*M, path);
    return "a table, see below";
  }
  template <auto M, class T> std::string value_of(a_probe<M>, std::string const& path, T const& fresh) {
    add_inner(fresh.*M, path);
    return "a path, or a table, see below";
  }
  template <auto M, class T> std::string value_of(tables_by_name<M>, std::string const& path, T const&) {
    add<service>(path + ".NAME");
    return "a table for each, see below";
  }

  template <class T> void add_inner(T const&, std::string const& path) { add<T>(path); }
  template <class T> void add_inner(std::optional<T> const&, std::string const& path) { add<T>(path); }

  std::vector<section> sections_;
};

}  // namespace

std::string config_reference() {
  page all;
  all.add<project>("");
  return "# ostler.toml\n\n"
         "Printed from `src/config/keys.hpp`, as is the JSON Schema `api/ostler.schema.json`, which editors "
         "use when the "
         "file begins\nwith `#:schema` and where it lies.\n\n"
         "Looked for from the working directory up to the root of its git repository: `ostler.toml` or "
         "`.config/ostler.toml` over the\nwhole way; then, directory by directory, `compose.yaml`, "
         "a `devcontainer.json`\nthat runs something, `Procfile.dev`, "
         "`Procfile`, and `package.json` with a script `dev`. `--config` or `OSTLER_CONFIG` names another\n"
         "file.\n\n"
         "Layers, from weak to strong: `config.toml` of the user, the file of the project, "
         "`ostler.local.toml` beside it, "
         "the environment\n(`OSTLER_PROVIDER`), flags. Tables are merged key by key, everything else is "
         "replaced whole.\n\n"
         "A command is a text, which is a line for `/bin/sh`, or a list of the program and its arguments. A "
         "path lies below "
         "the project.\nLists of tables, dates, `inf` and `nan` are not used. Beside the tables below, "
         "`[local]`, "
         "`[worktree]`, `[docker]`, `[ssh]`, `[fly]` and a\ntable named as `provider` are read by that "
         "provider alone.\n" +
         all.text();
}

}  // namespace ostler::config
