// The verbs that look and change nothing. A part of definitions.cpp.
#pragma once

#include <array>

#include "cli/definitions.hpp"

namespace ostler::cli {

inline constexpr std::array ls_options{
    option{.letter = 'a', .name = "all", .about = "of all projects"},
    option{.letter = 'w', .name = "watch", .about = "draw it anew at every change"},
    option{.name = "filter",
           .value = "KEY=VALUE",
           .about = "state=…, provider=…, attention=…; several of one key are alternatives",
           .many = true},
    option{.name = "sort", .value = "KEY", .about = "the order", .words = "name|state|age"},
};
inline constexpr std::array logs_options{
    option{.letter = 'f',
           .name = "follow",
           .about = "go on with what is printed from now on, also after restarts"},
    option{.letter = 'n',
           .name = "tail",
           .value = "N",
           .about = "the last N lines; 100 when nothing else is said"},
    option{.name = "since", .value = "TIME", .about = "10m, or 2026-11-21T12:16:03Z"},
    option{.name = "until", .value = "TIME", .about = "as --since"},
    option{.letter = 'g',
           .name = "grep",
           .value = "PATTERN",
           .about = "only lines that match (RE2); what is no pattern is looked for as it stands"},
    option{.letter = 'v', .name = "invert", .about = "only lines that do not match"},
    option{.letter = 'C', .name = "context", .value = "N", .about = "so many lines around each that matches"},
    option{.letter = 't', .name = "timestamps", .about = "when each line was printed"},
    option{.name = "no-prefix", .about = "without the names of the services"},
    option{.name = "previous", .about = "what was printed in the run before the newest one"},
    option{.name = "raw", .about = "escape sequences as they were printed"},
    option{.name = "stdout-only", .about = "only what was printed to standard output"},
    option{.name = "stderr-only", .about = "only what was printed to standard error"},
};
inline constexpr std::array logs_examples{
    example{"ostler logs auth -f", "all services of auth, and what comes"},
    example{"ostler logs auth web --since 10m -g ERROR -C 2", "errors of the last ten minutes"},
};
inline constexpr std::array events_options{
    option{.letter = 'f', .name = "follow", .about = "go on with what happens from now on"},
    option{.letter = 'n',
           .name = "tail",
           .value = "N",
           .about = "the last N events; 50 when nothing else is said"},
    option{.name = "since", .value = "TIME", .about = "10m, or 2026-11-21T12:16:03Z"},
    option{.name = "after-seq", .value = "SEQ", .about = "those after this number, without a gap"},
    option{.name = "filter",
           .value = "TYPE",
           .about = "only events of this type, such as service.error",
           .many = true},
    option{.name = "no-snapshot", .about = "with --follow: not what has happened before"},
};
inline constexpr std::array port_options{
    option{.name = "forward",
           .value = "[LOCAL:]PORT",
           .about = "listen on 127.0.0.1 and pass on to the port in the instance, until Ctrl-C",
           .many = true},
};
inline constexpr std::array port_examples{
    example{"ostler port auth", "who listens, and how to reach it"},
    example{"ostler port auth --forward 8080:3000", "127.0.0.1:8080 is port 3000 in auth"},
};
inline constexpr std::array diff_options{
    option{.name = "stat", .about = "how much has changed in which files"},
    option{.name = "name-only", .about = "only which files have changed"},
};
inline constexpr std::array leaks_options{
    option{.letter = 'p', .name = "provider", .value = "NAME", .about = "only what lies with this provider"},
};

inline constexpr std::array look_verbs{
    verb{.name = "ls",
         .in = group::look,
         .about = "what is running, where, and who needs you",
         .options = ls_options},
    verb{.name = "status",
         .in = group::look,
         .operands = "[NAME]",
         .most = 1,
         .first = completes::instances,
         .about = "one instance: state, services, what needs you, what went wrong",
         .detail = "Exit 0 when it is ready, 3 when it is not, 4 when there is no such instance."},
    verb{.name = "logs",
         .in = group::look,
         .operands = "[NAME] [SERVICE...]",
         .most = any_number,
         .first = completes::instances,
         .rest = completes::services,
         .about = "what the services of an instance printed",
         .options = logs_options,
         .examples = logs_examples},
    verb{.name = "events",
         .in = group::look,
         .operands = "[NAME]",
         .most = 1,
         .first = completes::instances,
         .about = "what happened, oldest first",
         .options = events_options},
    verb{.name = "port",
         .in = group::look,
         .operands = "[NAME] [SERVICE]",
         .most = 2,
         .first = completes::instances,
         .rest = completes::services,
         .about = "who listens in an instance, and how to reach it",
         .options = port_options,
         .examples = port_examples},
    verb{.name = "diff",
         .in = group::look,
         .operands = "[NAME]",
         .most = 1,
         .first = completes::instances,
         .about = "what has changed in an instance since its last commit",
         .options = diff_options},
    verb{.name = "leaks",
         .in = group::look,
         .about = "what bears our labels and is in no ledger",
         .options = leaks_options},
};

}  // namespace ostler::cli
