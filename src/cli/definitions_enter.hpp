// The verbs that run something in an instance or look at what runs. A part of definitions.cpp.
#pragma once

#include <array>

#include "cli/definitions.hpp"

namespace ostler::cli {

inline constexpr option detach_keys{.name = "detach-keys",
                                    .value = "KEYS",
                                    .about =
                                        "what leaves the terminal and lets it go on; ctrl-q when nothing "
                                        "else is said, several between commas"};
inline constexpr option working_directory{
    .letter = 'w', .name = "workdir", .value = "DIR", .about = "where it runs, below the workspace"};
inline constexpr option as_user{.letter = 'u', .name = "user", .value = "USER", .about = "who it runs as"};
inline constexpr option as_service{.letter = 's',
                                   .name = "service",
                                   .value = "SERVICE",
                                   .about = "with the environment and in the directory of that service"};
inline constexpr option one_variable{
    .letter = 'e', .name = "env", .value = "NAME=VALUE", .about = "a variable for it", .many = true};

inline constexpr std::array exec_options{
    option{.letter = 'i',
           .name = "interactive",
           .about = "give it the standard input, also when that is no terminal"},
    option{.letter = 't',
           .name = "tty",
           .about = "give it a terminal; so it is when input and output are terminals"},
    option{.letter = 'T', .name = "no-tty", .about = "give it no terminal"},
    as_service,
    one_variable,
    working_directory,
    as_user,
    option{.letter = 'd', .name = "detach", .about = "let it run, and say how to see it"},
    option{.name = "timeout", .value = "DURATION", .about = "after that it is ended; exit 124"},
    detach_keys,
};
inline constexpr std::array exec_examples{
    example{"ostler exec auth -- npm test", "a command; its exit code becomes ours"},
    example{"ostler exec -it auth -- sh", "with a terminal"},
};
inline constexpr std::array shell_options{as_service, one_variable, working_directory, as_user, detach_keys};
inline constexpr std::array attach_options{detach_keys, option{.name = "no-stdin", .about = "only look"}};

inline constexpr std::array enter_verbs{
    verb{.name = "exec",
         .in = group::enter,
         .operands = "[NAME] -- COMMAND...",
         .most = any_number,
         .first = completes::instances,
         .about = "run a command in an instance",
         .detail = "The exit code is that of the command; 125 when we failed, 126 when it cannot be run, 127 "
                   "when it was "
                   "not found.",
         .options = exec_options,
         .examples = exec_examples,
         .runs_command = true},
    verb{.name = "shell",
         .in = group::enter,
         .operands = "[NAME]",
         .most = 1,
         .first = completes::instances,
         .about = "a shell in an instance; a stopped one is started",
         .options = shell_options},
    verb{.name = "attach",
         .in = group::enter,
         .operands = "[NAME] [SESSION]",
         .most = 2,
         .first = completes::instances,
         .about = "see a terminal that runs in an instance, and type into it",
         .options = attach_options},
};

}  // namespace ostler::cli
