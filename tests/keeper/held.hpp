// A real keeper on a directory of its own, started, killed and cleared away by the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/keeper/link_client.hpp"
#include "tests/support/temporary_directory.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::test {

// The program that plays every kind of service; see service_program.cpp for what it can be told.
std::string service_program();
// The ostler-keeper that was built.
std::string keeper_program();

// What a program printed and how it ended.
struct program_run {
  int code = 0;
  std::string out;
  std::string err;
};
program_run run_program(std::vector<std::string> const& command);

class held {
 public:
  // With `containment` as in the spec.
  explicit held(std::string const& containment = {});
  held(held const&) = delete;
  held& operator=(held const&) = delete;
  // Whatever it held is gone afterwards.
  ~held();

  wire::keeper_spec spec;
  // Plays what the words say.
  wire::service_spec& service(std::string name, std::vector<std::string> words);

  std::string path() const { return place_.text(); }
  std::string workspace() const { return path() + "/work"; }
  std::string socket() const { return path() + "/keep/keeper.sock"; }
  std::string directory() const { return path() + "/keep"; }

  void write_spec() const;
  // Writes the spec and starts the keeper; throws with what it said when it does not start.
  void start();
  // Another keeper on the same directory.
  void start_again();
  program_run try_start();
  std::int64_t keeper_pid() const;
  // SIGKILL, and waits until it is gone.
  void kill_keeper();
  // A client that has said hello.
  std::unique_ptr<link_client> client(std::uint64_t after_seq = 0);
  // Asks for the end of all, forgets, and waits until the keeper has gone.
  void stop();

  // Processes of this instance that live, whoever their parent is.
  std::vector<std::int64_t> alive() const;

 private:
  temporary_directory place_{"held"};
};

// Is there such a process that has not ended?
bool lives(std::int64_t pid);
// Until the process is gone; throws after a while.
void wait_until_gone(std::int64_t pid);
// As its keeper tells it now; of one that it does not have, nothing is said.
wire::service_status status_of(link_client& link, std::string_view name);
// Looks again and again, for what no event tells.
void wait_for(std::function<bool()> const& holds, std::string_view what);

}  // namespace ostler::test
