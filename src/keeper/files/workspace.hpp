// The one door to the files of an instance: a directory held open, beneath which every path is resolved.
//
// What runs inside the instance may turn any directory into a link to elsewhere between two calls of ours, so
// nothing is decided by looking at a path first: the kernel resolves and confines in one call (openat2).
// Where it cannot, a walk does: one component at a time, never following a link, links read and resolved by
// hand, and `..` taken back on our own list of names, never asked of the file system, so that a rename cannot
// lead it out. Links that stay beneath the root are followed, also absolute ones that name the root itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/result.hpp"
#include "keeper/files/paths.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// A name in an open directory: what creating, renaming and removing work on.
struct place {
  system::fd directory;
  std::string name;
};

enum class links : std::uint8_t { followed, refused };
enum class last_link : std::uint8_t { followed, kept };

class workspace {
 public:
  // `walk` as on a kernel without openat2.
  enum class resolver : std::uint8_t { kernel, walk };

  // `root` is absolute.
  static result<workspace> open(std::string const& root, resolver by = resolver::kernel);
  // A directory beneath as a root of its own.
  result<workspace> beneath(std::string_view path) const;

  // Relative to the root, as it was written otherwise; "." for the root. Refuses absolute paths that do not
  // name the root, and what no path can hold.
  result<std::string> relative(std::string_view path) const;

  // Flags as for open(2). Never blocks, never takes a terminal; the descriptor is closed on exec.
  result<system::fd> open_beneath(std::string_view path, int flags, mode_t mode = 0,
                                  links which = links::followed) const;
  // Refuses everything but regular files, without opening it.
  result<system::fd> open_regular(std::string_view path, int flags) const;
  // Where the last component lies. The root, "." and ".." have no place.
  result<place> place_of(std::string_view path, last_link last, links which = links::followed) const;

  std::string const& root_path() const { return root_path_; }
  resolver resolved_by() const { return by_; }

 private:
  workspace(system::fd root, std::string root_path, std::string real_path, resolver by);
  result<system::fd> open_confined(std::string const& path, int flags, mode_t mode, links which) const;
  result<std::string> follow(std::string const& folder, std::string_view target,
                             std::string_view asked) const;

  system::fd root_;
  std::string root_path_;
  std::string real_path_;
  resolver by_;
};

// The part of an absolute path below `root`, "." for the root itself; empty when it lies elsewhere.
std::string_view part_below(std::string_view path, std::string_view root);

// What a link says; errno as set by readlinkat, also EINVAL when the name is no link.
result<std::string> read_link(int directory, std::string const& name);

}  // namespace ostler::keeper
