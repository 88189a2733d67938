// Tells what changes in a file or directory, or in a whole tree.
//
// inotify watches one directory at a time. A tree is watched by a watch for each directory in it; a new
// directory is watched first and then read, so that what came into it between is told, perhaps twice, never
// not at all. Events wait a moment and are joined, so that a file saved in many small writes is one change.
// When more happens than is kept, it is said so: `overflow` means that all must be read again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "keeper/files/workspace.hpp"
#include "keeper/loop/loop.hpp"

struct inotify_event;

namespace ostler::keeper {

enum class change_kind : std::uint8_t {
  // All directories are watched: from now on everything is told. Comes once, with no path.
  ready,
  created,
  changed,
  removed,
  moved,
  // Something was not told; what is watched must be read again.
  overflow,
};

struct change_event {
  change_kind kind = change_kind::changed;
  // Relative to the workspace, below the path that is watched as it was given.
  std::string path;
  // Only of `moved`.
  std::string from;
  bool operator==(change_event const&) const = default;
};

struct watch_options {
  enum class depth : std::uint8_t { one, all };
  depth below = depth::all;
  // Directories; each costs the kernel about a kilobyte.
  std::size_t watches_max = 8192;
  milliseconds settle = 20ms;
};

struct watch_listener {
  std::function<void(std::span<change_event const>)> changed;
  // Nothing more is told: what was watched is gone, or the limit of watches was met. It may end the watch.
  std::function<void(error const&)> ended;
};

class tree_watch {
 public:
  // `files` must outlive it.
  static result<std::unique_ptr<tree_watch>> open(loop& owner, workspace const& files, std::string_view path,
                                                  watch_options options, watch_listener listener);

  std::size_t watches() const { return directories_.size(); }

 private:
  struct directory {
    // -1 for the one at the top.
    int parent;
    // Of the top the path that was given.
    std::string name;
  };
  struct to_scan {
    int id;
    // Whether what is there is new and to be told.
    bool told;
  };
  struct left_behind {
    std::uint32_t cookie;
    std::string path;
    bool is_directory;
  };

  tree_watch(loop& owner, workspace const& files, watch_options options, watch_listener listener);
  result<void> begin(std::string path);
  result<int> add_watch(std::string const& path, int parent, std::string name);
  void read_events();
  void take(inotify_event const& event, std::string_view name);
  void take_move(inotify_event const& event, std::string path);
  void forget_move();
  void take_new_directory(int parent, std::string const& path, std::string name);
  void scan_some();
  void scan(to_scan const& which);
  void forget_tree(std::string const& path);
  void tell(change_kind kind, std::string path, std::string from = {});
  void set_alarm(milliseconds after);
  void deliver();
  std::string path_of(int id) const;

  static constexpr std::size_t events_max = 4096;
  static constexpr int scans_a_turn = 32;

  workspace const* files_;
  watch_options options_;
  watch_listener listener_;
  system::fd inotify_;
  // Only this name is told when a file is watched: its directory is, because a file is replaced as a whole.
  std::string only_name_;
  int top_ = -1;
  std::unordered_map<int, directory> directories_;
  std::deque<to_scan> to_scan_;
  bool ready_ = false;
  // The first half of a move; the second comes right behind it, or it left the tree.
  std::optional<left_behind> leaving_;
  std::vector<change_event> events_;
  // Of what may still be joined: path to its place in events_.
  std::unordered_map<std::string, std::size_t> latest_;
  bool overflowed_ = false;
  std::optional<error> ended_;
  watch reading_;
  alarm settling_;
};

}  // namespace ostler::keeper
