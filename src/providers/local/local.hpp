// Places on this machine: the checkout itself, a copy of it, or an empty directory, and a keeper beside it.
//
// What is made: a directory `keeper`, the home of the keepers of an instance, with the logs, which stay over
// a stop; a directory `workspace` unless the checkout itself is used; and the keeper process. All keepers of
// an instance use one home, one after the other, so that each takes over what its predecessor left behind.
//
// Keepers make cgroups, and whoever is killed leaves them. They are noted in the home before they are made
// (system/noted_cgroups.hpp), so they are part of it: destroy takes them away with the keeper, or at the
// latest with the home, and list_owned names the home and never a cgroup. It names a keeper that was killed
// for as long as what it held may live.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "async/pool.hpp"
#include "providers/local/keeper_home.hpp"
#include "providers/local/places.hpp"
#include "providers/local/settings.hpp"
#include "providers/provider.hpp"

namespace ostler::providers::local {

struct local_options {
  // An absolute path; made when its parent is there. Of one daemon at a time.
  std::string root;
  // The path of ostler-keeper.
  std::string keeper_program;
  // Of the keeper and of all that it starts, "NAME=value".
  std::vector<std::string> environment;
  // Each of them may have so many; 0 for as many as we may.
  std::uint64_t open_files = 0;
  // For each copy.
  std::size_t copy_threads = 4;
};

// A keeper of the generation asked for: it begins some milliseconds before it can be reached.
enum class running : std::uint8_t { no, begins, listens };

class local_provider final : public provider {
 public:
  // provider_unavailable when the root cannot be had. Blocks a little, for use at the start.
  static result<std::unique_ptr<local_provider>> open(local_options options, async::pool& workers);

  // Empties what calls that died have left. Once, at the start, before anything else is asked; a line for
  // each thing that could not be removed.
  task<result<std::vector<std::string>>> sweep(call how);

 protected:
  task<result<description>> do_describe(call how) override;
  task<result<std::vector<resource_wish>>> do_plan(call how, place where) override;
  task<result<prepared>> do_prepare(call how, place where, named_resource what) override;
  task<result<launched>> do_launch(call how, place where, named_resource keeper,
                                   wire::keeper_spec spec) override;
  task<result<system::fd>> do_dial(call how, place where, named_resource keeper) override;
  task<result<std::vector<sighting>>> do_inspect(call how, place where,
                                                 std::vector<named_resource> what) override;
  task<result<void>> do_destroy(call how, place where, named_resource what, pace speed) override;
  task<result<wire::work_found>> do_find_work(call how, place where) override;
  task<result<std::vector<owned_thing>>> do_list_owned(call how, std::string daemon) override;

 private:
  local_provider(local_options options, places all, async::pool& workers)
      : options_(std::move(options)), places_(std::move(all)), workers_(workers) {}

  // What a sighting says; on a thread.
  sighting look(place const& where, named_resource const& what) const;
  result<finding> find_home(place const& where) const;
  // The open keeper directory in it; nothing when it is not there or on its way out.
  result<std::optional<system::fd>> open_home(place const& where) const;
  // Of the home, before it is removed: refuses while anybody is in it, and clears the cgroups noted in it.
  result<void> leave_unused(place const& where, std::stop_token const& stop) const;
  result<std::string> workspace_of(place const& where) const;
  // Nothing when there is no workspace whose removal could lose anything.
  result<std::optional<wire::work_order>> order_to_look(place const& where) const;
  // What must be there before the keeper is started, unless it runs already.
  result<running> put_spec(place const& where, named_resource const& keeper, wire::keeper_spec spec) const;
  task<result<void>> run_keeper(milliseconds limit, std::string home);
  task<result<void>> end_keeper(call how, place where, named_resource keeper, pace speed);

  local_options options_;
  places places_;
  async::pool& workers_;
};

}  // namespace ostler::providers::local
