// The agent that `up` starts in the terminal `agent` of an instance that is ready: that of the settings, or
// the one that --agent names, with what --prompt says as its last argument.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/arguments.hpp"
#include "cli/verbs/context.hpp"
#include "config/project.hpp"

namespace ostler::cli {

inline constexpr std::string_view agent_label = "agent";

struct agent_start {
  std::vector<std::string> command;
  // Then the command is one line.
  bool shell = false;
  // What --prompt says: the text itself, or of @FILE the path, in which {name} is the name of the instance.
  std::string prompt;
  bool prompt_is_file = false;

  bool operator==(agent_start const&) const = default;
};

// Nothing where no agent is to be started. `read_input` gives the whole of standard input.
result<std::optional<agent_start>> agent_for(config::project const& what, arguments const& call,
                                             std::function<result<std::string>()> const& read_input);
// The prompt of that instance. Refused: a file that cannot be read, and one that is too long to be an
// argument.
result<std::string> prompt_for(agent_start const& what, std::string_view instance,
                               std::string_view working_directory);
// What is run in the terminal: one command with the prompt behind it.
std::vector<std::string> words_of(agent_start const& what, std::string_view prompt);

struct agent_terminal {
  std::string session;
  // It was there before, and was not given the prompt.
  bool was_there = false;
};
// Of an instance that runs. One whose agent runs already is left alone.
result<agent_terminal> start_agent(context& with, std::string const& instance,
                                   std::vector<std::string> const& words);

}  // namespace ostler::cli
