// What a client may ask of a keeper beyond the frozen core. Each group is a feature by its name before the
// dot.
//
// Streams are numbered by the client. Where a request names a stream, data may follow in both directions at
// once, within the credit that was given; who receives gives the first credit.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "wire/keeper_link.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::wire {

// An answer that says nothing but yes.
struct nothing {};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

// service.start, service.stop, service.restart. Without names: all of them. Accepted is not done: events
// tell.
struct services_named {
  std::vector<std::string> services;
  // stop: instead of their own; also for those that are on their way down already.
  std::optional<milliseconds> grace;
};
BOOST_DESCRIBE_STRUCT(services_named, (), (services, grace))

// services.apply: from now on these. What is new starts, what has changed starts anew, what is gone is
// stopped. Limits of all together hold at once; without them they stay as they are.
struct services_wanted {
  std::vector<service_spec> services;
  std::optional<limits_spec> limits = std::nullopt;
};
BOOST_DESCRIBE_STRUCT(services_wanted, (), (services, limits))

// logs.read: records of log_records.hpp on the stream, then its end; with `follow` it never ends by itself.
struct log_read {
  std::string service;
  std::string session;
  std::uint32_t stream = 0;
  // Where to begin: so many lines before the end, or a position, or a moment. None of them: the beginning.
  std::optional<std::uint64_t> lines;
  std::optional<std::uint64_t> position;
  // At most so many lines; a cursor tells where to go on.
  std::optional<std::uint64_t> limit;
  // From there towards the beginning.
  bool backward = false;
  std::optional<wall_time> since;
  std::optional<wall_time> until;
  // "out", "err" or both.
  std::string only;
  std::string pattern;
  // The pattern is a text to be found as it stands.
  bool literal = false;
  bool invert = false;
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  bool follow = false;
  // Bytes as they came instead of lines.
  bool raw = false;
};
BOOST_DESCRIBE_STRUCT(log_read, (),
                      (service, session, stream, lines, position, limit, backward, since, until, only,
                       pattern, literal, invert, before, after, follow, raw))

// exec.start. The command is a list, or with `shell` one line for /bin/sh.
struct terminal_size {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
};
BOOST_DESCRIBE_STRUCT(terminal_size, (), (rows, columns))

// detach: it goes on, and only we leave. kill: its whole tree ends.
enum class on_time_limit { detach, kill };
BOOST_DESCRIBE_ENUM(on_time_limit, detach, kill)

struct exec_start {
  std::vector<std::string> command;
  bool shell = false;
  std::vector<std::string> env;
  std::string workdir;
  std::string user;
  // With a terminal, `out` carries both directions' output and `in` what is typed.
  std::optional<terminal_size> terminal;
  // 0: none. Without `in` its standard input is empty.
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::uint32_t err = 0;
  std::optional<milliseconds> limit;
  on_time_limit at_limit = on_time_limit::detach;
  // What it is called in lists: "shell", "agent".
  std::string label;
  // Has what that service has: its environment, and its directory when there is no other.
  std::string service;
};
BOOST_DESCRIBE_STRUCT(exec_start, (),
                      (command, shell, env, workdir, user, terminal, in, out, err, limit, at_limit, label,
                       service))

struct exec_started {
  std::string session;
  std::int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(exec_started, (), (session, pid))

// session.attach: what is kept of its output, then what comes. `in` only for those who may type.
struct session_attach {
  std::string session;
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::uint32_t err = 0;
  std::optional<terminal_size> terminal;
};
BOOST_DESCRIBE_STRUCT(session_attach, (), (session, in, out, err, terminal))

struct session_resize {
  std::string session;
  terminal_size terminal;
};
BOOST_DESCRIBE_STRUCT(session_resize, (), (session, terminal))

// session.close: its tree ends, and what is kept of it goes.
struct session_named {
  std::string session;
};
BOOST_DESCRIBE_STRUCT(session_named, (), (session))

// files.stat, files.make, files.remove, files.list
struct file_named {
  std::string path;
  // make: also what leads there. remove: also what is below.
  bool all = false;
  // list: at most so many, after this name.
  std::uint32_t limit = 1000;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(file_named, (), (path, all, limit, after))

struct file_entry {
  std::string name;
  // file, directory, link, other
  std::string kind;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  wall_time modified{};
  std::string target;
  // Changes whenever the content may have changed.
  std::string tag;
};
BOOST_DESCRIBE_STRUCT(file_entry, (), (name, kind, size, mode, modified, target, tag))

struct file_list {
  std::vector<file_entry> entries;
  // There is more after the last one.
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(file_list, (), (entries, more))

// files.read: bytes on the stream, then its end. Answered with the entry before the first byte.
struct file_read {
  std::string path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
  std::uint32_t stream = 0;
};
BOOST_DESCRIBE_STRUCT(file_read, (), (path, offset, length, stream))

// files.write: bytes on the stream until its end; only then is the file there, and the request answered.
struct file_write {
  std::string path;
  std::uint32_t stream = 0;
  std::optional<std::uint32_t> mode;
  bool append = false;
  bool parents = false;
  bool durable = false;
  // Only if the file still bears this tag.
  std::string if_tag;
};
BOOST_DESCRIBE_STRUCT(file_write, (), (path, stream, mode, append, parents, durable, if_tag))

struct file_move {
  std::string from;
  std::string to;
  bool replace = false;
};
BOOST_DESCRIBE_STRUCT(file_move, (), (from, to, replace))

// files.watch: one JSON line a change on the stream, until the client cancels.
struct file_watch {
  std::string path;
  bool all = false;
  std::uint32_t stream = 0;
};
BOOST_DESCRIBE_STRUCT(file_watch, (), (path, all, stream))

// `kind`: ready (from now on everything is told), created, changed, removed, moved, overflow (read everything
// again).
struct file_change {
  std::string kind;
  std::string path;
  // Of moved.
  std::string from;
};
BOOST_DESCRIBE_STRUCT(file_change, (), (kind, path, from))

// files.pack (out) and files.unpack (in): a tar archive on the stream. Unpack is answered at its end.
struct file_archive {
  // pack: what of the workspace, all when empty. unpack: below which directory.
  std::vector<std::string> paths;
  std::vector<std::string> exclude;
  std::uint32_t stream = 0;
};
BOOST_DESCRIBE_STRUCT(file_archive, (), (paths, exclude, stream))

struct unpacked {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(unpacked, (), (files, bytes))

// ports.list
struct listening {
  std::string address;
  std::uint16_t port = 0;
  std::int64_t pid = 0;
  // Empty when none of ours.
  std::string service;
};
BOOST_DESCRIBE_STRUCT(listening, (), (address, port, pid, service))

struct listening_list {
  std::vector<listening> listeners;
};
BOOST_DESCRIBE_STRUCT(listening_list, (), (listeners))

// ports.forward: the stream becomes a connection to that port in the instance.
struct port_forward {
  std::uint16_t port = 0;
  std::uint32_t stream = 0;
};
BOOST_DESCRIBE_STRUCT(port_forward, (), (port, stream))

// keeper.replace: the keeper becomes the program at this path without letting go of anything.
struct keeper_replace {
  std::string program;
};
BOOST_DESCRIBE_STRUCT(keeper_replace, (), (program))

}  // namespace ostler::wire
