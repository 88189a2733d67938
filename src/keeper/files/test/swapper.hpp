// An attacker inside the instance: exchanges the directory `door` and a link that leads outside, as fast as
// it can, until it is destroyed.
#pragma once

#include <cstdio>
#include <fcntl.h>
#include <thread>

#include "keeper/files/test/workspace_fixture.hpp"

namespace ostler::keeper::test {

class swapper {
 public:
  explicit swapper(temporary_place const& at) {
    auto const door = at.inside() / "door";
    auto const way_out = at.inside() / "way out";
    fs::create_directory(door);
    temporary_place::write(door / "secret", "inside!");
    fs::create_symlink("../outside", way_out);
    thread_ = std::jthread([door, way_out](std::stop_token const& stop) {
      while (!stop.stop_requested())
        ::renameat2(AT_FDCWD, door.c_str(), AT_FDCWD, way_out.c_str(), RENAME_EXCHANGE);
    });
  }

 private:
  std::jthread thread_;
};

}  // namespace ostler::keeper::test
