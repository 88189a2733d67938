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

#include "keeper/files/entry.hpp"
#include "keeper/files/mount.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

class removal {
 public:
  static result<removal> open(workspace const& files, std::string_view path);

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

  removal(place top, mount_mark mount) : top_(std::move(top)), mount_(mount) {}
  result<bool> step_once();
  result<outcome> remove(int directory, std::string const& name);
  result<void> go_down(int directory, std::string const& name);
  result<bool> go_up();
  result<bool> open_parent();
  result<bool> begin_again();
  std::unexpected<error> refuse(int why, std::string_view name) const;

  static constexpr int calls_a_step = 256;
  static constexpr int restarts_max = 1000;
  static constexpr std::size_t open_max = 8;

  place top_;
  mount_mark mount_;
  std::vector<level> levels_;
  // From the top, which is its first component, to the deepest level.
  std::string path_;
  std::uint64_t removed_ = 0;
  int restarts_ = 0;
};

}  // namespace ostler::keeper
