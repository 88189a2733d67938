// Cgroups as the system shows them: what is mounted where, who is in which, and directories of our own.
//
// Version 2 and version 1 may both be mounted, each in part: every controller belongs to one hierarchy only,
// and the one of version 2 can be there without any, good for keeping processes together and for nothing
// else. Paths are always what /proc tells us, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::system {

struct cgroup_mount {
  // What of the hierarchy is mounted, as /proc/PID/cgroup names it.
  std::string root;
  std::string point;
  bool unified = false;
  // Of version 1: "memory", "cpu", "cpuacct"…
  std::vector<std::string> controllers;
};
std::vector<cgroup_mount> parse_cgroup_mounts(std::string_view mountinfo);

struct cgroup_membership {
  std::string path;
  bool unified = false;
  std::vector<std::string> controllers;
};
std::vector<cgroup_membership> parse_cgroup_memberships(std::string_view lines);
result<std::vector<cgroup_membership>> cgroups_of(pid_t pid);

// One hierarchy and where we are in it.
struct cgroup_hierarchy {
  cgroup_mount mount;
  std::string own_path;

  // The directory that shows the cgroup `path`; nothing when it is not below what is mounted.
  std::optional<std::string> directory_of(std::string_view path) const;
  std::string path_of(std::string_view directory) const;
};
// "" for version 2.
result<cgroup_hierarchy> find_hierarchy(std::string_view controller);

// A cgroup that we made or found.
class cgroup_directory {
 public:
  // Made if it is not there; those above it must be.
  static result<cgroup_directory> make(std::string path);
  static result<cgroup_directory> open(std::string path);

  std::string const& path() const { return path_; }
  int get() const { return open_.get(); }

  bool has(std::string const& file) const;
  result<std::string> read(std::string const& file) const;
  result<void> write(std::string const& file, std::string_view text) const;
  // The number in a file that holds one, or behind `key` in a file of lines "key number".
  std::optional<std::uint64_t> number(std::string const& file, std::string_view key = {}) const;
  // In it and in all below.
  result<std::vector<pid_t>> processes() const;
  // With all below it. Fails while anybody is in one of them; no error when it is gone already.
  result<void> remove() const;

 private:
  cgroup_directory(std::string path, fd open) : path_(std::move(path)), open_(std::move(open)) {}
  std::string path_;
  fd open_;
};

// Whether `inner` is `outer`, or below it.
bool path_is_within(std::string_view inner, std::string_view outer);

}  // namespace ostler::system
