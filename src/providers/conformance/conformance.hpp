// One suite for every kind of place. What the daemon relies on is what this suite tries, with real keepers
// and real processes, also when whoever works on a place is killed in the midst of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "async/test/loop.hpp"
#include "providers/provider.hpp"

namespace ostler::providers {

// What cannot be met with on purpose, made as it would be found:
//   before_its_door    the keeper, which was killed, looks as one that was killed before anybody could reach
//   it before_it_took_over  a keeper of the next generation was killed before it took over what the killed
//   one held
enum class early_death : std::uint8_t { before_its_door, before_it_took_over };

// A provider and the hands that move its world.
class rig {
 public:
  rig() = default;
  rig(rig const&) = delete;
  rig& operator=(rig const&) = delete;
  // Ends all that still runs and removes all that is left.
  virtual ~rig() = default;

  virtual provider& subject() = 0;
  // Lets go of the provider and of all threads: from here on we may fork.
  virtual void close() = 0;
  // As a daemon that starts again does it: sweeps what is left of calls that died.
  virtual void open(async::test::loop& on) = 0;
  virtual std::string daemon() const = 0;
  virtual std::string project() const = 0;
  virtual std::string settings() const = 0;
  // Puts something that is not ours where that name would be; false when the kind cannot be made to.
  virtual bool occupy(named_resource const& what) = 0;
  // Is what was put there still as it was?
  virtual bool occupied(named_resource const& what) = 0;
  // SIGKILL for the keeper alone, and waits until it is gone. False where nobody can.
  virtual bool kill_keeper(place const& where) = 0;
  // Of a keeper that was killed; false where nobody can.
  virtual bool pretend(place const& where, early_death how) = 0;
  // Processes of keepers and their services.
  virtual std::size_t running() = 0;
  // All that exists for anybody, by any means but the provider's: paths, processes.
  virtual std::vector<std::string> left() = 0;
  // Groups of processes that the kernel keeps for a keeper, also those that nobody is in any more.
  virtual std::vector<std::string> left_groups() = 0;
};

struct rig_kind {
  char const* name;
  std::unique_ptr<rig> (*make)();
};
inline void PrintTo(rig_kind const& kind, std::ostream* out) { *out << kind.name; }

class conformance : public testing::TestWithParam<rig_kind> {
 protected:
  conformance();
  ~conformance() override;
  // However a test ends.
  void TearDown() override;

  // What the ledger would hold after `plan`.
  void plan();
  result<prepared> prepare(named_resource const& what);
  result<launched> launch();
  result<system::fd> dial();
  std::vector<sighting> inspect();
  result<void> destroy(named_resource const& what, provider::pace speed = provider::pace::patient);
  // In the reverse order of making.
  void destroy_all();
  std::vector<named_resource> directories() const;
  named_resource keeper() const;
  wire::keeper_spec spec() const;
  // Plan, prepare, launch.
  void bring_up();
  // Until a service runs beside its keeper.
  void await_services();
  // The first message of the keeper.
  std::string first_message(int socket);
  void expect_nothing_left();

  call patiently() const { return {.limit = std::chrono::milliseconds(60'000), .report = {}}; }

  async::test::loop loop_;
  std::unique_ptr<rig> rig_;
  place place_;
  // As in the spec: by what the keeper holds its services together.
  std::string containment_ = "scan";
};

}  // namespace ostler::providers
