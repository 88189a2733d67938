// The middle of the daemon in this process: a journal on disk, the local place and the supervisor, over a
// directory of the test. It can be let go of and begun again, as after a crash.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/pool.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "providers/local/local.hpp"
#include "supervisor/supervisor.hpp"

namespace ostler::test {

class middle {
 public:
  middle();
  middle(middle const&) = delete;
  middle& operator=(middle const&) = delete;
  // Ends whatever was left alive, and says so as a failure of the test.
  ~middle();

  void begin();
  // As SIGKILL would: nothing is told to anybody. What the journal had not kept is lost.
  void let_go();

  supervisor::supervisor& whole() { return *supervisor_; }
  // Runs the loop until it holds; fails the test after a long while.
  void until(std::function<bool()> const& holds, std::string_view what);
  // Asks and waits for the answer.
  result<instance_id> ask(lifecycle::fleet_input what);
  instance_id create(std::string name, std::vector<wire::service_spec> services);
  result<instance_id> start(instance_id who);
  // Until the instance is in that state; fails when it fails.
  void reaches(instance_id who, lifecycle::instance_state state);

  std::string workspace() const { return (base_ / "project").string(); }
  std::string state() const { return (base_ / "state").string(); }
  // Beside the test.
  static std::string program(std::string const& name);
  // Plays what the words say.
  static wire::service_spec service(std::string name, std::vector<std::string> words);
  // What exists because of us: directories of places, and processes.
  std::vector<std::string> left() const;
  std::vector<pid_t> processes() const;
  // SIGKILL, and waits until it is gone.
  void kill_keeper(instance_id who);
  boost::asio::io_context& loop() { return io_; }
  // Every event that was told, as "type subject".
  std::vector<lifecycle::fleet_event> const& told() const { return told_; }

 private:
  class ear;

  std::filesystem::path base_;
  boost::asio::io_context io_{1};
  std::unique_ptr<async::pool> workers_;
  std::unique_ptr<journal::sqlite_journal> journal_;
  std::unique_ptr<providers::local::local_provider> local_;
  std::unique_ptr<supervisor::supervisor> supervisor_;
  std::unique_ptr<ear> ear_;
  std::vector<lifecycle::fleet_event> told_;
};

}  // namespace ostler::test
