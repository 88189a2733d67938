// The directory of the logs of sessions: one directory of plain files for each, named like it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

std::string session_name(std::uint64_t number);
// Of "s12"; 0 for anything that names no session.
std::uint64_t session_number(std::string_view name);

class session_logs {
 public:
  explicit session_logs(std::string path) : path_(std::move(path)) {}

  // When it is not there.
  result<void> make() const;
  // Those that have a directory.
  std::vector<std::uint64_t> numbers() const;
  // What is in the directory of that session.
  void empty(std::uint64_t number) const;
  // With the directory.
  void remove(std::uint64_t number) const;

 private:
  std::string path_of(std::uint64_t number) const;
  std::string path_;
};

}  // namespace ostler::keeper
