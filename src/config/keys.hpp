// Every key of ostler.toml, once: its name, what its value looks like, where it goes, and a line about it.
//
// The reader, the writer, the JSON Schema and the page of reference all walk these tables and nothing else;
// therefore they cannot differ. What a value looks like is a type, so that a new kind of value does not
// compile until all four know it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>

#include "base/instant.hpp"
#include "config/project.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::config {

template <class Looks> struct key {
  std::string_view name;
  std::string_view about;
  Looks looks{};
  bool required = false;
};
template <class Looks> key(std::string_view, std::string_view, Looks, bool) -> key<Looks>;
template <class Looks> key(std::string_view, std::string_view, Looks) -> key<Looks>;

// What values look like. M is the member that the value goes to.
template <auto M> struct a_text {
  // What it must begin with: one of these.
  std::array<std::string_view, 2> beginnings{};
};
// Below the project, or below the workspace.
template <auto M> struct a_path {};
template <auto M> struct a_name {};
template <auto M> struct a_signal {};
// A described enumeration.
template <auto M> struct a_word {};
template <auto M> struct a_flag {};
template <auto M> struct a_whole {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<int>::max();
};
template <auto M> struct a_duration {
  milliseconds least{1};
};
// "1s..30s"
template <auto First, auto Last> struct durations {};
// "4G"
template <auto M> struct a_size {};
// Processors, as thousandths.
template <auto M> struct processors {};
// A list of texts, or one.
template <auto M> struct texts {};
template <auto M> struct paths {};
// A list: the program and its arguments. A text: a line for /bin/sh.
template <auto M> struct arguments {};
template <auto Command, auto Shell> struct a_command {};
template <auto M> struct a_port {};
// 200, or "200..399"
template <auto Least, auto Most> struct statuses {};
// A table of texts.
template <auto M> struct variables {};
template <auto M> struct a_table {};
// A text that is the path, or a table.
template <auto M> struct a_probe {};
// A table for each: [service.NAME].
template <auto M> struct tables_by_name {};

template <class T> inline constexpr auto keys = std::tuple<>{};

inline constexpr std::int64_t port_max = 65'535;

template <>
inline constexpr auto keys<wire::http_probe> = std::tuple{
    key{"path", "What is asked for with GET.", a_text<&wire::http_probe::path>{{"/"}}},
    key{"port", "Instead of the port of the service.", a_whole<&wire::http_probe::port>{1, port_max}},
    key{"status", "Which answers are good.",
        statuses<&wire::http_probe::status_least, &wire::http_probe::status_most>{}},
    key{"body", "A text that the answer must contain.", a_text<&wire::http_probe::body>{}},
};

template <>
inline constexpr auto keys<wire::ready_spec> = std::tuple{
    key{"output", "A pattern (RE2) that a line of its output must match.",
        a_text<&wire::ready_spec::output>{}},
    key{"tcp", "Its port accepts.", a_flag<&wire::ready_spec::tcp>{}},
    key{"http", "A GET is answered well.", a_probe<&wire::ready_spec::http>{}},
    key{"exec", "A command that ends with 0.", arguments<&wire::ready_spec::exec>{}},
    key{"notify", "It says READY=1 to NOTIFY_SOCKET.", a_flag<&wire::ready_spec::notify>{}},
    key{"registered", "It registers with the keeper and stays connected.",
        a_flag<&wire::ready_spec::registered>{}},
    key{"timeout", "How long it may take.", a_duration<&wire::ready_spec::limit>{}},
    key{"every", "Between two looks while it starts.", a_duration<&wire::ready_spec::every>{}},
    key{"every_ready", "Between two looks once it is ready.", a_duration<&wire::ready_spec::every_ready>{}},
    key{"look_timeout", "How long one look may take.", a_duration<&wire::ready_spec::look_limit>{}},
};

template <>
inline constexpr auto keys<wire::alive_spec> = std::tuple{
    key{"tcp", "Its port accepts.", a_flag<&wire::alive_spec::tcp>{}},
    key{"http", "A GET is answered well.", a_probe<&wire::alive_spec::http>{}},
    key{"exec", "A command that ends with 0.", arguments<&wire::alive_spec::exec>{}},
    key{"every", "Between two looks.", a_duration<&wire::alive_spec::every>{}},
    key{"look_timeout", "How long one look may take.", a_duration<&wire::alive_spec::look_limit>{}},
    key{"failures", "After so many in a row it is restarted.", a_whole<&wire::alive_spec::failures>{1, 1000}},
};

template <>
inline constexpr auto keys<wire::restart_spec> = std::tuple{
    key{"on", "When it is started again after it ended by itself.", a_word<&wire::restart_spec::on>{}},
    key{"max", "More restarts than this within `window` are an error.",
        a_whole<&wire::restart_spec::max>{0, 1000}},
    key{"window", "See `max`.", a_duration<&wire::restart_spec::window>{}},
    key{"backoff", "The wait before the first restart, and the longest one.",
        durations<&wire::restart_spec::first, &wire::restart_spec::cap>{}},
};

template <>
inline constexpr auto keys<wire::stop_spec> = std::tuple{
    key{"signal", "Asks it to end.", a_signal<&wire::stop_spec::signal>{}},
    key{"run", "A command that asks it to end, instead of the signal.",
        arguments<&wire::stop_spec::command>{}},
    key{"timeout", "After that it is killed.", a_duration<&wire::stop_spec::grace>{0ms}},
};

template <>
inline constexpr auto keys<wire::limits_spec> = std::tuple{
    key{"memory", "Memory.", a_size<&wire::limits_spec::memory_bytes>{}},
    key{"cpus", "Processors.", processors<&wire::limits_spec::cpu_milli>{}},
    key{"pids", "Processes and threads.", a_whole<&wire::limits_spec::pids>{1, 4'194'304}},
    key{"open_files", "Open files of each process.", a_whole<&wire::limits_spec::open_files>{1, 1'048'576}},
};

template <>
inline constexpr auto keys<wire::heartbeat_spec> = std::tuple{
    key{"every", "Between two of them.", a_duration<&wire::heartbeat_spec::every>{}},
    key{"missed", "After so many in a row it is taken for lost.",
        a_whole<&wire::heartbeat_spec::missed>{1, 1000}},
};

template <>
inline constexpr auto keys<service> = std::tuple{
    key{"run", "What is run: a line for /bin/sh, or a list of the program and its arguments.",
        a_command<&service::command, &service::shell>{}, true},
    key{"kind", "A service runs on; a task ends.", a_word<&service::kind>{}},
    key{"workdir", "Where it runs, below the workspace.", a_path<&service::workdir>{}},
    key{"env", "Its environment, beside [env].", variables<&service::env>{}},
    key{"env_file", "Files of variables, beside those of the project.", paths<&service::env_files>{}},
    key{"needs", "Services that must be ready before it starts.", texts<&service::needs>{}},
    key{"port", "\"auto\": a free one, the same again whenever that is possible. Given to it as PORT.",
        a_port<&service::port>{}},
    key{"ready", "When it is ready; all that are given must hold.", a_table<&service::ready>{}},
    key{"alive", "When it is still alive; it is restarted when it is not.", a_table<&service::alive>{}},
    key{"restart", "What happens when it ends by itself.", a_table<&service::restart>{}},
    key{"stop", "How it is asked to end.", a_table<&service::stop>{}},
    key{"limits", "What it may use.", a_table<&service::limits>{}},
    key{"user", "Who it runs as: a name, UID or UID:GID.", a_text<&service::user>{}},
    key{"autostart", "It starts with the instance.", a_flag<&service::autostart>{}},
    key{"websocket", "It is an agent server: the path of its port at which the daemon talks to it.",
        a_text<&service::websocket>{{"/"}}},
    key{"heartbeat", "How an agent server shows that it is alive.", a_table<&service::heartbeat>{}},
    key{"open", "Its URL is shown first.", a_flag<&service::open>{}},
    key{"required", "The instance is not ready without it.", a_flag<&service::required>{}},
};

template <>
inline constexpr auto keys<agent_plan> = std::tuple{
    key{"run", "What `ostler up` starts in the terminal `agent` of an instance that is ready.",
        a_command<&agent_plan::command, &agent_plan::shell>{}, true},
};

template <>
inline constexpr auto keys<setup_plan> = std::tuple{
    key{"run", "Lines for /bin/sh, once in each new instance.", texts<&setup_plan::run>{}},
    key{"copy", "Files that git ignores and an instance needs.", paths<&setup_plan::copy>{}},
};

template <>
inline constexpr auto keys<teardown_plan> = std::tuple{
    key{"run", "Lines for /bin/sh, before an instance is removed.", texts<&teardown_plan::run>{}},
};

// Beside these: a table for each provider, which only that provider reads.
template <>
inline constexpr auto keys<project> = std::tuple{
    key{"version", "Of this format.", a_whole<&project::version>{1, 1}},
    key{"provider", "local, worktree, docker, ssh, fly, or the name of a plugin.",
        a_name<&project::provider>{}},
    key{"env_file",
        "Files of variables for everything; [] for none. When not said: .env and .env.local, where they are "
        "there.",
        paths<&project::env_files>{}},
    key{"setup", "Once in each new instance.", a_table<&project::setup>{}},
    key{"teardown", "Before an instance is removed.", a_table<&project::teardown>{}},
    key{"env", "The environment of everything that runs. ${OSTLER_PORT_DB} is the port of the service db.",
        variables<&project::env>{}},
    key{"service", "What runs.", tables_by_name<&project::services>{}},
    key{"agent", "The agent that works in an instance.", a_table<&project::agent>{}},
    key{"limits", "What the whole instance may use.", a_table<&project::limits>{}},
};

inline constexpr std::array<std::string_view, 5> known_providers{"local", "worktree", "docker", "ssh", "fly"};
inline constexpr std::array<std::string_view, 8> known_signals{"TERM", "INT",  "HUP",  "QUIT",
                                                               "KILL", "USR1", "USR2", "WINCH"};

// One call for each key, in order: visit(key).
template <class T, class Visit> constexpr void for_each_key(Visit&& visit) {
  std::apply([&](auto const&... each) { (visit(each), ...); }, keys<T>);
}

}  // namespace ostler::config
