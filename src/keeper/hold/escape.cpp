#include "keeper/hold/escape.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/hold/containment.hpp"
#include "keeper/hold/spawn.hpp"
#include "system/cgroups.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"
#include "system/noted_cgroups.hpp"
#include "system/process.hpp"
#include "system/rebirth.hpp"

namespace ostler::keeper {
namespace {

// A service manager that does not answer must not keep us from starting.
constexpr milliseconds systemd_patience = 3s;

// Of version 2; of what systemd itself goes by, where there is no version 2.
std::string own_cgroup() {
  auto const all = system::cgroups_of(::getpid());
  if (!all) return {};
  std::string by_systemd;
  for (auto const& one : *all) {
    if (one.unified) return one.path;
    if (!one.controllers.empty() && one.controllers.front() == "name=systemd") by_systemd = one.path;
  }
  return by_systemd;
}

std::string folder_of(escape_options const& options) { return fmt::format("ostler-{}", options.instance); }

bool is_outside(std::string const& now, std::string const& before) {
  return before == "/" ? now != "/" : !system::path_is_within(now, before);
}

// As its manual has it: the signature, then the values, each array after its length.
spawn_request scope_request(escape_options const& options, int quiet) {
  spawn_request wanted;
  auto const user = ::geteuid() == 0 ? "--system" : "--user";
  wanted.argv = {"busctl", user, "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                 "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))",
                 folder_of(options) + ".scope", "fail",
                 // Three properties, no further units.
                 "3", "PIDs", "au", "1", fmt::format("{}", ::getpid()), "Delegate", "b", "true",
                 "CollectMode", "s", "inactive-or-failed", "0"};
  wanted.environment = {"PATH=" + options.search_path};
  for (auto const* name : {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"})
    if (auto const* value = std::getenv(name))
      wanted.environment.push_back(fmt::format("{}={}", name, value));
  wanted.input = quiet;
  wanted.output = quiet;
  wanted.errors = quiet;
  return wanted;
}

// True when it ended well in time.
bool ends_well(spawned_process const& command, instant until) {
  int status = -1;
  auto const ended = system::open_pidfd(command.pid);
  for (;;) {
    auto const got = ::waitpid(command.pid, &status, WNOHANG);
    if (got == command.pid) return status == 0;
    if (got < 0) return false;
    if (system::now() >= until) break;
    pollfd waiting{.fd = ended.get(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 10);
  }
  ::kill(command.pid, SIGKILL);
  ::waitpid(command.pid, &status, 0);
  return false;
}

// Empty when it was done, else why not.
std::string enter_scope(escape_options const& options, std::string const& before) {
  if (::access(options.systemd_mark.c_str(), F_OK) != 0) return "systemd does not run this machine";
  auto const quiet = system::open_at(AT_FDCWD, "/dev/null", O_RDWR);
  if (!quiet) return quiet.error().message;
  auto const until = system::now() + systemd_patience;
  auto const command = spawn(scope_request(options, quiet->get()));
  if (!command) return command.error().message;
  if (!ends_well(*command, until)) return "systemd refused a scope";
  // It has only taken the order; it moves us a moment later.
  while (own_cgroup() == before) {
    if (system::now() >= until) return "systemd made no scope in time";
    ::poll(nullptr, 0, 5);
  }
  return {};
}

result<void> enter(system::cgroup_directory const& leaf, own_pid pid) {
  if (pid == own_pid::unknown && system::be_reborn_in(leaf.get())) return {};
  return leaf.write("cgroup.procs", "0");
}

// Empty when it was done, else why not.
std::string enter_leaf(std::string const& above, escape_options const& options) {
  auto const path = fmt::format("{}/{}", above, folder_of(options));
  if (options.home >= 0)
    if (auto done = system::note_cgroups(options.home, {path}); !done) return done.error().message;
  auto const folder = system::cgroup_directory::make(path);
  if (!folder) return folder.error().message;
  auto const leaf = system::cgroup_directory::make(folder->path() + "/keeper");
  auto const entered = leaf ? enter(*leaf, options.pid) : result<void>(std::unexpected(leaf.error()));
  if (entered) return {};
  if (leaf) static_cast<void>(leaf->remove());
  // Stays when it holds the runs of a former keeper.
  ::rmdir(folder->path().c_str());
  return entered.error().message;
}

// Beside the launcher's, or further above where we may; at last below it, which keeps our own in order at
// least.
std::string enter_leaf_somewhere(system::cgroup_hierarchy const& hierarchy, escape_options const& options) {
  std::string refused;
  auto path = hierarchy.own_path;
  while (path != "/" && system::path_is_within(path, hierarchy.mount.root) && path != hierarchy.mount.root) {
    path = path.substr(0, path.rfind('/'));
    if (path.empty()) path = "/";
    auto const directory = hierarchy.directory_of(path);
    if (!directory) break;
    refused = enter_leaf(*directory, options);
    if (refused.empty()) return {};
  }
  auto const own = hierarchy.directory_of(hierarchy.own_path);
  if (!own) return fmt::format("our cgroup {} is not below {}", hierarchy.own_path, hierarchy.mount.point);
  return enter_leaf(*own, options);
}

}  // namespace

escape_report leave_launchers_cgroup(escape_options const& options) {
  escape_report report{.before = own_cgroup(), .after = {}, .escaped = false, .how = {}};
  auto const finish = [&](std::string how) {
    report.after = own_cgroup();
    report.escaped = is_outside(report.after, report.before);
    report.how = std::move(how);
    return report;
  };
  if (report.before.ends_with("/" + folder_of(options) + "/keeper")) {
    report.after = report.before;
    report.escaped = true;
    report.how = "was in a cgroup of its own already";
    return report;
  }
  auto const no_scope = enter_scope(options, report.before);
  auto const hierarchy = system::find_hierarchy("");
  if (no_scope.empty()) {
    // The scope is ours to divide.
    if (hierarchy)
      if (auto const own = hierarchy->directory_of(hierarchy->own_path))
        static_cast<void>(enter_leaf(*own, options));
    return finish(fmt::format("scope {}.scope of systemd", folder_of(options)));
  }
  if (!hierarchy) return finish(fmt::format("{}; {}", no_scope, hierarchy.error().message));
  auto const no_leaf = enter_leaf_somewhere(*hierarchy, options);
  if (!no_leaf.empty()) return finish(fmt::format("{}; {}", no_scope, no_leaf));
  return finish(fmt::format("cgroup of its own ({})", no_scope));
}

void return_to_launchers_cgroup() {
  auto const hierarchy = system::find_hierarchy("");
  if (!hierarchy || !hierarchy->own_path.ends_with("/keeper")) return;
  auto const folder = hierarchy->own_path.substr(0, hierarchy->own_path.rfind('/'));
  auto const leaf = hierarchy->directory_of(hierarchy->own_path);
  auto const own = hierarchy->directory_of(folder);
  auto const above = hierarchy->directory_of(folder.substr(0, std::max<std::size_t>(folder.rfind('/'), 1)));
  if (!leaf || !above || !folder.substr(folder.rfind('/') + 1).starts_with("ostler-")) return;
  auto const back = system::cgroup_directory::open(*above);
  if (!back || !back->write("cgroup.procs", "0")) return;
  ::rmdir(leaf->c_str());
  // Runs may lie below that of an earlier keeper instead, and then ours holds nothing. What is in use stays.
  if (own) ::rmdir(own->c_str());
}

void remove_left_cgroups(int home) {
  auto const left = system::noted_cgroups(home);
  if (!left) return;
  for (auto const& path : *left) {
    ::rmdir((path + "/keeper").c_str());
    ::rmdir(fmt::format("{}/{}", path, runs_folder).c_str());
    ::rmdir(path.c_str());
  }
  static_cast<void>(system::forget_gone_cgroups(home));
}

}  // namespace ostler::keeper
