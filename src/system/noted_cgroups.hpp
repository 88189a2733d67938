// The cgroups that the keepers of one home have made, as the home itself tells it.
//
// Each is noted before it is made, in the file `cgroups` of the home, a path a line. So whenever somebody
// dies, whoever comes next finds all that may be left, also of keepers that came to nothing else, and in
// whichever hierarchy. A cgroup outlives those who were in it; nobody but us removes it.
//
// Only what is noted is ever touched, and only if it is a cgroup named `ostler-` and the nonce of a keeper.
// By whoever holds the home, or knows that nobody can begin in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace ostler::system {

// How many of a keeper's nonce are in the name.
inline constexpr std::size_t cgroup_nonce_length = 16;
std::string cgroup_name(std::string_view nonce);

// The last component of each path is a cgroup_name(); again, it is noted once.
result<void> note_cgroups(int home, std::vector<std::string> const& paths);
// Those that are there.
result<std::vector<std::string>> noted_cgroups(int home);
// Forgets those that are gone.
result<void> forget_gone_cgroups(int home);

struct left_cgroup {
  std::string path;
  // Who lives in it, or in one below.
  std::vector<pid_t> processes;
};
// Each with all below it, from the leaves on. Gives what stays: somebody is in it, or the kernel has not yet
// let go of who was.
result<std::vector<left_cgroup>> remove_noted_cgroups(int home);

// SIGKILL to all who are in one of them, save ourselves. Deaths take a moment; who forks meanwhile may be
// missed where the kernel cannot kill a cgroup whole.
result<void> kill_in_noted_cgroups(int home);

}  // namespace ostler::system
