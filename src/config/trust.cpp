#include "config/trust.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "config/disk.hpp"
#include "config/toml.hpp"
#include "wire/json.hpp"

namespace ostler::config {

BOOST_DESCRIBE_STRUCT(agreements::agreement, (), (directory, commands))

namespace {

struct kept_file {
  int version = 1;
  std::vector<agreements::agreement> projects;
};
BOOST_DESCRIBE_STRUCT(kept_file, (), (version, projects))

class teller {
 public:
  explicit teller(project const& from) : from_(from) {}

  std::vector<told_command> tell() {
    lines("setup", "setup.run", from_.setup.run);
    for (auto const& each : from_.setup.copy)
      if (is_theirs("setup.copy")) add("setup copies", each);
    for (auto const& each : from_.services) one_service(each);
    if (from_.agent) command("agent", "agent.run", from_.agent->command, from_.agent->shell);
    lines("teardown", "teardown.run", from_.teardown.run);
    variables("environment", "env", from_.env);
    if (from_.env_files && is_theirs("env_file"))
      for (auto const& each : *from_.env_files) add("environment reads", each);
    for (auto const& each : from_.provider_tables)
      if (is_theirs(toml_key(each.name))) add("provider " + each.name, each.json);
    // Where all this runs matters as much as what runs; alone it makes nothing run.
    if (!out_.empty() && is_theirs("provider")) add("provider", from_.provider);
    return std::move(out_);
  }

 private:
  // Weaker or stronger than a file of the project: then the user said it. What has no origin was made by no
  // file.
  static bool is_users(layer from) {
    return from == layer::user || from == layer::environment || from == layer::flags;
  }

  // Of a value, or of a table with all that is in it. What no file has set is taken for theirs as well.
  bool is_theirs(std::string_view key) const {
    bool any = false;
    for (auto const& each : from_.origins) {
      bool const below =
          each.key.starts_with(key) && (each.key.size() == key.size() || each.key[key.size()] == '.');
      if (!below) continue;
      if (!is_users(each.from)) return true;
      any = true;
    }
    return !any;
  }
  // What it is about is ours alone to say: were it a part of the text, a path that was agreed to be copied
  // could return as a command.
  void add(std::string where, std::string const& what) {
    if (!what.empty()) out_.push_back({std::move(where), what});
  }
  void lines(std::string const& where, std::string_view key, std::vector<std::string> const& all) {
    if (!is_theirs(key)) return;
    for (auto const& each : all) add(where, each);
  }
  void command(std::string const& where, std::string_view key, std::vector<std::string> const& words,
               bool shell) {
    if (words.empty() || !is_theirs(key)) return;
    if (shell) return add(where, words.front());
    // A list is told as a list, and is another thing than a line for the shell that looks the same.
    std::vector<std::string> quoted;
    for (auto const& each : words) quoted.push_back(toml_text(each));
    add(where + " (no shell)", fmt::format("[{}]", fmt::join(quoted, ", ")));
  }
  void variables(std::string const& where, std::string const& key, std::vector<std::string> const& all) {
    for (auto const& each : all)
      if (is_theirs(key + "." + each.substr(0, each.find('=')))) add(where, each);
  }
  void one_service(service const& one) {
    auto const where = "service " + one.name;
    auto const key = "service." + toml_key(one.name);
    command(where, key + ".run", one.command, one.shell);
    command(where + " ready", key + ".ready.exec", one.ready.exec, false);
    if (one.alive) command(where + " alive", key + ".alive.exec", one.alive->exec, false);
    command(where + " stop", key + ".stop.run", one.stop.command, false);
    if (is_theirs(key + ".workdir")) add(where + " runs in", one.workdir);
    if (is_theirs(key + ".user")) add(where + " runs as", one.user);
    variables(where + " environment", key + ".env", one.env);
    for (auto const& each : one.env_files)
      if (is_theirs(key + ".env_file")) add(where + " environment reads", each);
  }

  project const& from_;
  std::vector<told_command> out_;
};

}  // namespace

std::vector<told_command> commands_of(project const& what) { return teller(what).tell(); }

result<agreements> agreements::parse(std::string_view text) {
  agreements out;
  if (text.empty()) return out;
  auto read = wire::from_json<kept_file>(text);
  if (!read) return std::unexpected(read.error());
  if (read->version != 1)
    return fail(error_code::value_out_of_range,
                fmt::format("the agreements were written by a newer version ({})", read->version));
  out.all_ = std::move(read->projects);
  return out;
}

std::string agreements::text() const { return wire::to_json(kept_file{1, all_}) + "\n"; }

agreements::agreement const* agreements::find(std::string_view directory) const {
  auto const known = std::ranges::find(all_, directory, &agreement::directory);
  return known == all_.end() ? nullptr : &*known;
}

bool agreements::is_trusted(std::string_view directory, project const& what) const {
  return unknown(directory, what).empty();
}

std::vector<told_command> agreements::unknown(std::string_view directory, project const& what) const {
  auto all = commands_of(what);
  if (auto const* known = find(directory))
    std::erase_if(all, [&](auto const& each) {
      return std::ranges::find(known->commands, each) != known->commands.end();
    });
  return all;
}

void agreements::trust(std::string_view directory, project const& what) {
  revoke(directory);
  all_.push_back({std::string(directory), commands_of(what)});
}

bool agreements::revoke(std::string_view directory) {
  return std::erase_if(all_, [&](auto const& each) { return each.directory == directory; }) > 0;
}

result<agreements> trust_store::read() const {
  auto const text = disk().read(path_);
  if (!text) return std::unexpected(text.error());
  auto out = agreements::parse(text->value_or(std::string()));
  if (out) return out;
  return fail(out.error().code, fmt::format("{}: {}", path_, out.error().message), {},
              {fmt::format("remove {} to be asked again for every project", path_)});
}

result<void> trust_store::change(std::function<void(agreements&)> const& how) const {
  return change_file(path_, [&](std::string_view before) -> result<std::string> {
    auto all = agreements::parse(before);
    if (!all) return fail(all.error().code, fmt::format("{}: {}", path_, all.error().message));
    how(*all);
    return all->text();
  });
}

result<bool> trust_store::is_trusted(std::string_view directory, project const& what) const {
  auto const all = read();
  if (!all) return std::unexpected(all.error());
  return all->is_trusted(directory, what);
}

result<std::vector<told_command>> trust_store::unknown(std::string_view directory,
                                                       project const& what) const {
  auto const all = read();
  if (!all) return std::unexpected(all.error());
  return all->unknown(directory, what);
}

result<void> trust_store::trust(std::string_view directory, project const& what) const {
  return change([&](agreements& all) { all.trust(directory, what); });
}

result<bool> trust_store::revoke(std::string_view directory) const {
  bool was_there = false;
  if (auto done = change([&](agreements& all) { was_there = all.revoke(directory); }); !done)
    return std::unexpected(done.error());
  return was_there;
}

}  // namespace ostler::config
