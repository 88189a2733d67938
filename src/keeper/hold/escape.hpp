// Leaves the cgroup of whoever started us, at the start and before there are children.
//
// A daemon that is stopped by its service manager takes along all that is in its cgroup, whatever session it
// is in. Under systemd a scope of our own is asked for; elsewhere a cgroup beside that of the launcher is
// made. The keeper stays in a leaf `keeper` below `ostler-INSTANCE`, where containment.hpp puts the runs
// beside it: a cgroup that passes controllers on may hold no processes itself.
//
// It may be that nothing of this can be done. That is told and never a reason not to start.
#pragma once

#include <string>

namespace ostler::keeper {

// Whether somebody may know our pid by now.
enum class own_pid : bool { known, unknown };

struct escape_options {
  // As for containment_options.
  std::string instance;
  // An open directory in which each cgroup is noted before it is made (system/noted_cgroups.hpp); -1 for
  // nowhere.
  int home = -1;
  // Unknown: we may go on in a child, which is far quicker than to be moved.
  own_pid pid = own_pid::known;
  // There when systemd runs the machine, and where its command is looked for.
  std::string systemd_mark = "/run/systemd/system";
  std::string search_path = "/usr/local/bin:/usr/bin:/bin";
};

struct escape_report {
  // Our cgroup as /proc tells it, before and after; empty when there is no version 2.
  std::string before;
  std::string after;
  // Whether we are out of the launcher's. In the topmost cgroup nobody can take us along.
  bool escaped = false;
  // For status: what was done, or why nothing could be.
  std::string how;
};

escape_report leave_launchers_cgroup(escape_options const& options);
// At the very end, so that the cgroup made for us can go: back to the one above it.
void return_to_launchers_cgroup();
// Those of earlier keepers of that home which were killed, as far as nobody is in them and no run is.
void remove_left_cgroups(int home);

}  // namespace ostler::keeper
