// The verbs that make instances, start and stop them, and take them away. A part of definitions.cpp.
#pragma once

#include <array>

#include "cli/definitions.hpp"
#include "cli/definitions_enter.hpp"

namespace ostler::cli {

inline constexpr option wait_limit{
    .name = "timeout", .value = "DURATION", .about = "how long to wait; exit 124 when it is over"};
inline constexpr option detach{
    .letter = 'd', .name = "detach", .about = "return as soon as the daemon has taken it"};
inline constexpr option dry_run{.name = "dry-run", .about = "only say what would be done"};

inline constexpr std::array up_options{
    option{.letter = 'p',
           .name = "provider",
           .value = "NAME",
           .about = "the kind of place; else that of the settings, else local"},
    option{.name = "from", .value = "REF", .about = "the commit that a new branch begins at"},
    option{.letter = 'b', .name = "branch", .value = "NAME", .about = "the branch to work on"},
    option{.letter = 'n', .name = "count", .value = "N", .about = "so many: NAME-1, NAME-2, …"},
    option{.letter = 'e',
           .name = "env",
           .value = "NAME=VALUE",
           .about = "a variable for everything that runs in it",
           .many = true},
    option{.name = "env-file",
           .value = "FILE",
           .about = "a file of variables, instead of .env and .env.local",
           .many = true,
           .with = completes::files},
    option{.name = "port",
           .value = "SERVICE=N",
           .about = "the port of a service; auto for a free one",
           .many = true},
    option{.letter = 'f',
           .name = "file",
           .value = "FILE",
           .about = "the same as --config",
           .with = completes::files},
    option{.name = "agent",
           .value = "NAME",
           .about = "the program that works in it, in a terminal; else that of the settings; or none"},
    option{.name = "prompt",
           .value = "TEXT",
           .about =
               "what the agent is told to do; @FILE of a file, where {name} stands for the instance; - of "
               "standard input"},
    option{.name = "attach", .about = "go to the agent's terminal when it is started"},
    detach_keys,
    option{.name = "recreate", .about = "restart one that is there, also when nothing has changed"},
    option{.name = "no-recreate", .about = "leave one that is there as it is, also when the settings differ"},
    option{.name = "discard-on-error",
           .about = "take everything away again when the start fails; else it is kept to be looked at"},
    detach,
    wait_limit,
    dry_run,
};
inline constexpr std::array up_examples{
    example{"ostler up", "what the project in this directory asks for"},
    example{"ostler up auth billing -e LEVEL=debug", "two instances, with a variable"},
    example{"ostler up auth docs --agent claude --prompt @tasks/{name}.md", "two agents, each with its task"},
};
inline constexpr std::array down_options{
    option{.name = "all", .about = "every instance of this project"},
    option{.name = "force", .about = "also when work would be lost"},
    option{.letter = 'D', .name = "delete-branch", .about = "remove the branch too"},
    wait_limit,
    detach,
    dry_run,
};
inline constexpr std::array start_options{wait_limit, detach};
inline constexpr std::array stop_options{
    option{.name = "timeout",
           .value = "DURATION",
           .about = "how long services may take to end before they are killed"},
    option{.name = "force", .about = "kill at once"},
    detach,
};
inline constexpr std::array restart_options{
    option{.name = "timeout",
           .value = "DURATION",
           .about = "how long services may take to end before they are killed"},
    detach,
};
inline constexpr std::array wait_options{
    option{.name = "for",
           .value = "CONDITION",
           .about = "ready, running, stopped, error, attention, deleted, service/NAME=ready, =stopped or "
                    "=error; ready when none is given",
           .many = true},
    option{.name = "any", .about = "one condition of one instance is enough; else all must hold for all"},
    wait_limit,
};
inline constexpr std::array wait_examples{
    example{"ostler wait auth --for service/web=ready --timeout 60s", "until a service answers"},
    example{"ostler wait auth billing --any --for attention", "until one of them needs somebody"},
};
inline constexpr std::array prune_options{
    option{.letter = 'p', .name = "provider", .value = "NAME", .about = "only what lies with this provider"},
    option{.name = "older-than", .value = "DURATION", .about = "only what was first seen so long ago"},
    dry_run,
};

inline constexpr std::array lifecycle_verbs{
    verb{.name = "up",
         .in = group::lifecycle,
         .operands = "[NAME...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::instances,
         .about = "create (if needed) and start an instance, wait until it is ready",
         .detail = "Without a name, the instance is called as the directory of the project. An instance that "
                   "exists is brought to what "
                   "the settings ask for now. Ctrl-C stops the waiting, not the instance.",
         .options = up_options,
         .examples = up_examples},
    verb{.name = "down",
         .in = group::lifecycle,
         .operands = "[NAME...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::instances,
         .about = "stop an instance and remove all that was made for it; refuses when work would be lost",
         .detail = "Names are given in full here. Branches and logs stay.",
         .options = down_options},
    verb{.name = "start",
         .in = group::lifecycle,
         .operands = "[NAME] [SERVICE...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::services,
         .about = "start an instance, or services of it",
         .options = start_options},
    verb{.name = "stop",
         .in = group::lifecycle,
         .operands = "[NAME] [SERVICE...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::services,
         .about = "stop an instance, or services of it; nothing that was made is removed",
         .options = stop_options},
    verb{.name = "restart",
         .in = group::lifecycle,
         .operands = "[NAME] [SERVICE...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::services,
         .about = "stop and start an instance, or services of it",
         .options = restart_options},
    verb{.name = "wait",
         .in = group::lifecycle,
         .operands = "[NAME...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::instances,
         .about = "wait until an instance is as asked for",
         .detail =
             "Exit 3 when an instance has failed or is gone and can no longer become what was asked for.",
         .options = wait_options,
         .examples = wait_examples},
    verb{.name = "prune",
         .in = group::lifecycle,
         .about = "remove what bears our labels and is in no ledger; first says which",
         .options = prune_options},
};

}  // namespace ostler::cli
