#include "cli/verbs/up_agent.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <utility>

#include "cli/verbs/terminal.hpp"
#include "operations/session_operations.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

// Linux takes 128 KiB for one argument of a program.
constexpr std::size_t prompt_max = 120'000;

result<void> check_prompt(std::string_view text) {
  if (text.empty()) return fail(error_code::usage, "--prompt: there is nothing in it");
  if (text.size() > prompt_max)
    return fail(error_code::usage,
                fmt::format("--prompt: {} bytes are too many; at most {} go into an argument", text.size(),
                            prompt_max),
                {}, {"write it to a file of the project, and let the prompt name the file"});
  if (text.find('\0') != text.npos) return fail(error_code::usage, "--prompt: a zero byte is no text");
  return {};
}

// A line that is nothing but the name of a program. Run without a shell, one that is not there is refused at
// once, instead of being started and gone.
bool is_program(std::string_view line) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-";
  return line.find_first_not_of(plain) == line.npos;
}

std::string with_name(std::string_view path, std::string_view name) {
  constexpr std::string_view place = "{name}";
  std::string out(path);
  for (auto at = out.find(place); at != out.npos; at = out.find(place, at + name.size()))
    out.replace(at, place.size(), name);
  return out;
}

result<void> take_prompt(agent_start& out, arguments const& call,
                         std::function<result<std::string>()> const& read_input) {
  auto const given = call.value("prompt");
  if (!given) return {};
  out.prompt_is_file = given->starts_with('@');
  out.prompt = out.prompt_is_file ? given->substr(1) : *given;
  if (*given == "-") {
    auto read = read_input();
    if (!read) return std::unexpected(read.error());
    out.prompt = std::move(*read);
  }
  if (out.prompt_is_file && out.prompt.empty())
    return fail(error_code::usage, "--prompt @FILE: the file has no name");
  return out.prompt_is_file ? result<void>{} : check_prompt(out.prompt);
}

}  // namespace

result<std::optional<agent_start>> agent_for(config::project const& what, arguments const& call,
                                             std::function<result<std::string>()> const& read_input) {
  auto const named = call.value("agent");
  agent_start out;
  if (named && *named != "none")
    out = {.command = {*named}, .shell = true, .prompt = {}};
  else if (!named && what.agent)
    out = {.command = what.agent->command, .shell = what.agent->shell, .prompt = {}};
  if (named && named->empty()) return fail(error_code::usage, "--agent: it is a program, or none");
  if (out.command.empty()) {
    for (auto const* flag : {"prompt", "attach"})
      if (call.has(flag))
        return fail(error_code::usage, fmt::format("--{}: no agent is started", flag), {},
                    {"--agent NAME, or `[agent]` with `run` in ostler.toml"});
    return std::nullopt;
  }
  if (call.has("detach")) {
    // That of the settings is no wish of this call.
    if (!named && !call.has("prompt") && !call.has("attach")) return std::nullopt;
    return fail(error_code::usage, "--detach does not wait until the agent can be started", {},
                {"leave --detach away, or say --agent none"});
  }
  if (auto const taken = take_prompt(out, call, read_input); !taken) return std::unexpected(taken.error());
  return out;
}

result<std::string> prompt_for(agent_start const& what, std::string_view instance,
                               std::string_view working_directory) {
  if (!what.prompt_is_file) return what.prompt;
  auto path = with_name(what.prompt, instance);
  if (!path.starts_with('/')) path = fmt::format("{}/{}", working_directory, path);
  auto text = system::read_file_at(AT_FDCWD, path, prompt_max);
  if (!text) return std::unexpected(text.error());
  if (auto const good = check_prompt(*text); !good) return std::unexpected(good.error());
  return text;
}

std::vector<std::string> words_of(agent_start const& what, std::string_view prompt) {
  std::vector<std::string> out = what.command;
  // The line keeps its own words, and the prompt is never read as a part of it.
  if (what.shell && !is_program(what.command.front()))
    out = {"/bin/sh", "-c", prompt.empty() ? what.command.front() : what.command.front() + " \"$@\"",
           "agent"};
  if (!prompt.empty()) out.emplace_back(prompt);
  return out;
}

result<agent_terminal> start_agent(context& with, std::string const& instance,
                                   std::vector<std::string> const& words) {
  auto const listed = with.ask<operations::sessions_list>({.instance = instance});
  if (!listed) return std::unexpected(listed.error());
  for (auto const& one : listed->sessions)
    if (one.kind == operations::session_kind::terminal && one.running && one.label == agent_label)
      return agent_terminal{.session = one.id, .was_there = true};
  auto const size = size_of_terminal(with.around().output);
  auto const opened = with.ask<operations::terminals_open>({.instance = instance,
                                                            .command = words,
                                                            .rows = size.rows,
                                                            .columns = size.columns,
                                                            .label = std::string(agent_label)});
  if (!opened) return std::unexpected(opened.error());
  return agent_terminal{.session = opened->id};
}

}  // namespace ostler::cli
