// Git in a checkout that nobody vouches for: it reads, it changes nothing, and it can start no program.
//
// What its configuration names to be run is not run, because the kernel refuses git any process
// (no_processes.hpp). That it does not even try, where that would make it fail or believe a lie, is said in
// settings that win over those of the checkout.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

struct git_answer {
  int code = -1;
  std::string out;
  std::string errors;
};

class quiet_git {
 public:
  // Of the checkout whose top is this open directory. Nothing when git says that it is none, or is not there.
  static result<std::optional<quiet_git>> open(int directory);

  // Fails when git does not end by itself with 0.
  result<std::string> ask(std::vector<std::string> words, std::string_view input = {}) const;
  // Fails only when it could not be run to an end.
  result<git_answer> run(std::vector<std::string> words, std::string_view input = {}) const;

 private:
  using setting = std::pair<std::string, std::string>;
  quiet_git(std::string program, system::fd top) : program_(std::move(program)), top_(std::move(top)) {}
  std::vector<std::string> environment() const;

  std::string program_;
  system::fd top_;
  std::vector<setting> settings_;
};

}  // namespace ostler::keeper
