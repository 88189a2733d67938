// Which work in a workspace exists nowhere else: what whoever looks is told, what is found, and the list of
// what was put there by us. They go between the daemon and the program that looks, `ostler-keeper look`.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::wire {

struct work_order {
  // The pid of whoever waits for the answer: the look ends with it. 0 when that is not to be seen from there.
  std::int64_t asked_by = 0;
  std::string workspace;
  // What the workspace is a copy of; empty when it is none.
  std::string project;
  // The file with the list of what was put there; empty for none.
  std::string put;
  milliseconds limit{60s};
};
BOOST_DESCRIBE_STRUCT(work_order, (), (asked_by, workspace, project, put, limit))

struct work_found {
  int version = 1;
  // A line for people each, the first ones.
  std::vector<std::string> what;
  std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(work_found, (), (version, what, count))

// By their paths below the workspace, the marks of the contents (system/content.hpp).
using put_list = std::map<std::string, std::string, std::less<>>;

// A mark, a space, a path and a NUL for each, because paths may hold anything but that.
std::string write_put_list(put_list const& list);
result<put_list> read_put_list(std::string_view text);

}  // namespace ostler::wire
