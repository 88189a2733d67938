// A keeper's sessions behind a real door, on a thread of their own, and clients that come to it. Nothing that
// was started is left when the test is over.
#pragma once

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "keeper/sessions/session_table.hpp"
#include "tests/keeper/link_client.hpp"

namespace ostler::keeper::test {

using ostler::test::link_client;

struct keeper_parts;

class with_sessions : public testing::Test {
 protected:
  with_sessions();
  ~with_sessions() override;

  // For the next keeper.
  milliseconds kill_grace{2s};
  std::size_t ended_max = 32;
  std::uint64_t log_cap = std::uint64_t{16} << 20;
  std::optional<containment_kind> forced;
  // It may tell trouble with what it was handed.
  bool may_fail = false;
  // Starts a keeper on the directory; `handed` by a predecessor, or after one that is gone.
  void begin(std::optional<handed_sessions> handed = std::nullopt);
  // Everything that a keeper holds is closed, and nothing is ended, as when it is killed.
  void drop();
  // On the keeper's thread, between two turns of its loop.
  void with_table(std::function<void(session_table&)> const& act);

  std::unique_ptr<link_client> client(std::uint64_t after_seq = 0) const;
  wire::exec_started start(link_client& by, wire::exec_start const& wanted);
  // One line for the shell, with its output on streams 1 and 2.
  static wire::exec_start shell(std::string line);
  static wire::keeper_event exit_of(link_client& by, std::string const& session);
  // Those that bear a token of this test, and are no zombies.
  std::vector<pid_t> processes() const;

  std::string directory;
  std::string token;

 private:
  void serve(std::optional<handed_sessions> handed);

  std::thread serving_;
  std::atomic<bool> listening_ = false;
  keeper_parts* parts_ = nullptr;
};

// Descriptors of this process.
std::size_t open_descriptors();

}  // namespace ostler::keeper::test
