// A cgroup for one test in every hierarchy that keepers make cgroups in: a keeper that the test starts makes
// its own in there, so that what is left of them can be counted while others do the same on this machine.
#pragma once

#include <string>
#include <vector>

#include "system/cgroups.hpp"

namespace ostler::test {

class own_cgroups {
 public:
  // This process enters them; where it may not, nothing is counted.
  own_cgroups();
  own_cgroups(own_cgroups const&) = delete;
  own_cgroups& operator=(own_cgroups const&) = delete;
  // Goes back, and removes them with what is left in them.
  ~own_cgroups();

  // The paths of those that a keeper made.
  std::vector<std::string> of_keepers() const;

 private:
  struct one {
    system::cgroup_directory before;
    system::cgroup_directory ours;
  };
  std::vector<one> entered_;
};

}  // namespace ostler::test
