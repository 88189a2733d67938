// The directories under the root of this provider, and the only code that makes or removes them.
//
//   making/NAME.NONCE  being labelled; nobody's yet
//   places/NAME        bears its marker from the moment it has its name
//   trash/NAME         being removed; it has left its name by one rename
//
// What lies in making/ and trash/ belongs to a call that runs, or to one that died: it is emptied at the next
// start and is never taken for a leak. The names are ours and never used again, so there is at most one of
// each in the trash. The root belongs to one daemon at a time, which holds the lock of its state directory.
//
// All of it blocks; it runs on a pool.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/local/marker.hpp"
#include "system/fd.hpp"

namespace ostler::providers::local {

enum class standing : std::uint8_t {
  absent,
  ours,
  foreign,
  // Ours, and on its way out.
  leaving,
};

struct finding {
  standing state = standing::absent;
  // What it says of itself; of ours only.
  marker says;
  // Held open; of ours only.
  system::fd directory;
  // What is there instead; of foreign ones.
  std::string why;
};

// How many entries are gone.
using removal_watcher = std::function<void(std::uint64_t removed)>;

class places {
 public:
  // Makes what is missing of the layout. Refuses a root that others may use.
  static result<places> open(std::string root);

  // Is there what `expected` says, by its name, for its daemon and its instance?
  result<finding> find(marker const& expected) const;
  // A labelled directory with an empty directory `inside` in it, under its name at once. file_exists when the
  // name is taken.
  result<system::fd> make(marker const& labels, std::string const& inside) const;
  // delete_incomplete names what stopped it, foreign_resource what is not ours. Missing is success.
  result<void> remove(marker const& expected, std::stop_token const& stop,
                      removal_watcher const& watch) const;
  // Empties making/ and trash/; a line for each that could not be removed.
  std::vector<std::string> sweep(std::stop_token const& stop, removal_watcher const& watch) const;
  // Of all that bear one.
  result<std::vector<marker>> list() const;

  std::string path_of(std::string_view name) const;
  std::string const& root() const { return root_; }
  int descriptor() const { return directory_.get(); }

 private:
  places(std::string root, system::fd directory) : root_(std::move(root)), directory_(std::move(directory)) {}
  result<bool> in_trash(std::string const& name) const;
  result<void> to_trash(marker const& expected, finding const& found) const;

  std::string root_;
  system::fd directory_;
  system::fd making_;
  system::fd places_;
  system::fd trash_;
};

// Removes an entry of a directory of ours with all below it. True when it was there.
result<bool> empty_out(int directory, std::string const& name, std::stop_token const& stop,
                       removal_watcher const& watch);

}  // namespace ostler::providers::local
