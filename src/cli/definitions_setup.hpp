// The verbs about settings, the daemon and the command line itself. A part of definitions.cpp.
#pragma once

#include <array>

#include "cli/definitions.hpp"

namespace ostler::cli {

inline constexpr option settings_file{.letter = 'f',
                                      .name = "file",
                                      .value = "FILE",
                                      .about = "the same as --config",
                                      .with = completes::files};

inline constexpr std::array init_options{
    option{.name = "force", .about = "write over an ostler.toml that is there"},
    option{.name = "stdout", .about = "print it and write nothing"},
};
inline constexpr std::array trust_options{
    option{.name = "revoke", .about = "take the agreement back"},
    option{.name = "show", .about = "print the commands and agree to nothing"},
    settings_file,
};
inline constexpr std::array show_options{
    option{.name = "origin", .about = "which file and line each value comes from"}, settings_file};
inline constexpr std::array file_only{settings_file};
inline constexpr std::array daemon_run_options{
    option{.name = "state-dir",
           .value = "DIR",
           .about = "where it keeps its journal",
           .with = completes::directories},
};
inline constexpr std::array daemon_logs_options{
    option{.letter = 'f', .name = "follow", .about = "go on with what it prints from now on"},
    option{.letter = 'n',
           .name = "tail",
           .value = "N",
           .about = "the last N lines; 100 when nothing else is said"},
};
inline constexpr std::array daemon_install_options{
    option{.name = "print", .about = "print the units and write nothing"},
};
inline constexpr std::array doctor_options{
    option{.letter = 'p', .name = "provider", .value = "NAME", .about = "only about this provider"},
};

inline constexpr std::array setup_verbs{
    verb{.name = "init",
         .in = group::setup,
         .about = "write an ostler.toml from what is found here",
         .options = init_options},
    verb{.name = "import",
         .in = group::setup,
         .operands = "FILE",
         .least = 1,
         .most = 1,
         .first = completes::files,
         .about = "print the ostler.toml that a compose.yaml, devcontainer.json, Procfile or package.json "
                  "would become"},
    verb{.name = "trust",
         .in = group::setup,
         .about = "agree to the commands of the project in this directory",
         .options = trust_options},
    verb{.name = "config show",
         .in = group::setup,
         .about = "the settings of the project, all layers together",
         .options = show_options},
    verb{.name = "config check",
         .in = group::setup,
         .about = "read the settings and tell every mistake",
         .options = file_only},
    verb{.name = "config path", .in = group::setup, .about = "every path that is looked at or written to"},
    verb{.name = "config schema", .in = group::setup, .about = "the JSON Schema of ostler.toml"},
    verb{.name = "provider ls",
         .in = group::setup,
         .about = "the configured providers, and whether they are available"},
    verb{.name = "provider info",
         .in = group::setup,
         .operands = "NAME",
         .least = 1,
         .most = 1,
         .about = "one provider: what it can do, its limits and how much of them is used"},
    verb{.name = "provider test",
         .in = group::setup,
         .operands = "NAME",
         .least = 1,
         .most = 1,
         .about = "ask a provider to show that it works"},
    verb{.name = "daemon run",
         .in = group::setup,
         .about = "run the daemon in the foreground",
         .options = daemon_run_options},
    verb{.name = "daemon start", .in = group::setup, .about = "start the daemon in the background"},
    verb{.name = "daemon stop", .in = group::setup, .about = "stop the daemon; instances go on"},
    verb{.name = "daemon status", .in = group::setup, .about = "how the daemon is"},
    verb{.name = "daemon logs",
         .in = group::setup,
         .about = "what the daemon printed",
         .options = daemon_logs_options},
    verb{.name = "daemon install",
         .in = group::setup,
         .about = "have systemd run the daemon for this user; first shows what it writes",
         .options = daemon_install_options},
    verb{.name = "doctor",
         .in = group::setup,
         .about = "look at everything that is needed, and say how to mend what is missing",
         .options = doctor_options},
    verb{.name = "completion",
         .in = group::setup,
         .operands = "bash|zsh|fish",
         .least = 1,
         .most = 1,
         .about = "print what a shell needs to complete our words"},
    verb{.name = "version", .in = group::setup, .about = "the version of this program and of the daemon"},
    verb{.name = "help",
         .in = group::setup,
         .operands = "[VERB|TOPIC|CODE]",
         .most = 2,
         .first = completes::verbs,
         .about = "about a command, about exit-codes or environment, or about an error such as P0301"},
    verb{.name = "__complete",
         .in = group::hidden,
         .operands = "KIND [NAME]",
         .least = 1,
         .most = 2,
         .about = "names for the shells"},
    verb{.name = "__man", .in = group::hidden, .about = "the man page, for packages"},
    verb{.name = "__unit",
         .in = group::hidden,
         .operands = "UNIT PROGRAM",
         .least = 2,
         .most = 2,
         .about = "a unit of systemd that runs that program for anybody, for packages"},
};

}  // namespace ostler::cli
