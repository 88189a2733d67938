// Who a service runs as, by the files of the place itself.
//
// The C library would ask whatever nsswitch.conf names, by loading code; a static program in a place it does
// not know cannot. So the two files are read here, and what only a directory server knows must be given by
// number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

struct user_facts {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  // All of them, the first being `gid`.
  std::vector<std::uint32_t> groups;
  // Empty when the files do not know the number.
  std::string name;
  std::string home = "/";
  std::string shell = "/bin/sh";

  bool operator==(user_facts const&) const = default;
};

// "1000", "1000:1000", "name", "name:group". With a group that one only, without one all that the files give.
// A number that nobody has gets the group of the same number, so that it never becomes root's by being
// unknown. `passwd` and `group` are the content of the files of that name; lines that make no sense are
// passed over.
result<user_facts> find_user(std::string_view wanted, std::string_view passwd, std::string_view group);

// The same by the files in the directory `etc`; one that is not there is empty.
result<user_facts> find_user_in(std::string const& etc, std::string_view wanted);

}  // namespace ostler::keeper
