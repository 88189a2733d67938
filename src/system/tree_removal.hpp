// A tree removed step by step, whatever somebody does to it meanwhile.
//
// Every name is removed relative to an open directory that was reached from above without a link, so nothing
// outside the tree can be named. Only the deepest directories are kept open; the way back up from deeper ones
// is "..", believed only if it is the directory that we came from: else the tree was moved under us, and we
// begin again at the top. What is mounted within is left alone, and the removal ends with an error there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "system/directory_stream.hpp"
#include "system/fd.hpp"
#include "system/mount.hpp"

namespace ostler::system {

// What to do with a directory whose owner took the right to change it from himself, as caches of packages do:
//   respect  the removal ends with an error there
//   open     the right is taken back; for what is ours to remove
enum class locked_directories : std::uint8_t { respect, open };

class tree_removal {
 public:
  // Of the entry `name`, whatever it is, of an open directory.
  static result<tree_removal> begin(fd directory, std::string name,
                                    locked_directories locked = locked_directories::respect);

  // True when all is gone. After an error what is left stays; another removal may go on.
  result<bool> step();
  std::uint64_t removed() const { return removed_; }

 private:
  struct level {
    std::uint64_t inode;
    // Closed when too many are open.
    directory_stream entries;
  };
  enum class outcome : std::uint8_t { gone, full };

  tree_removal(fd directory, std::string name, mount_mark mount, locked_directories locked)
      : directory_(std::move(directory)), name_(std::move(name)), mount_(mount), locked_(locked) {}
  result<bool> step_once();
  result<outcome> remove(int directory, std::string const& name);
  // Zero or an errno.
  int unlink(int directory, std::string const& name, int flags) const;
  fd open_directory(int directory, std::string const& name) const;
  result<void> go_down(int directory, std::string const& name);
  result<bool> go_up();
  result<bool> open_parent();
  result<bool> begin_again();
  std::unexpected<error> refuse(int why, std::string_view name) const;

  static constexpr int calls_a_step = 256;
  static constexpr int restarts_max = 1000;
  static constexpr std::size_t open_max = 8;

  fd directory_;
  std::string name_;
  mount_mark mount_;
  locked_directories locked_;
  std::vector<level> levels_;
  // From the top, which is its first component, to the deepest level.
  std::string path_;
  std::uint64_t removed_ = 0;
  int restarts_ = 0;
};

}  // namespace ostler::system
