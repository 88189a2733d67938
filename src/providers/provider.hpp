// What a kind of place must be able to do. A provider makes and unmakes a place, launches the keeper there,
// and gives a stream of bytes to it; everything else goes over the link, the same on every provider.
//
// Names are ours, chosen and journalled before the effect, and never used again. So whatever happens between
// two instructions, what was made is found by its name and is known as ours by its labels:
//
//   where a call dies                         what is there        why that is safe
//   prepare, before its effect                nothing              made again, or dropped from the ledger
//   prepare, half done                        the name, unfinished prepare begins it again, destroy removes
//   it prepare, before its answer was kept       the whole thing      prepare says that it existed and is
//   ours launch, before the keeper lives           a spec, no keeper    launch again launch, before its
//   answer was kept        a keeper             launch finds it by its generation destroy, half done the
//   name, or a rest  destroy goes on; inspect says `present` destroy, before its answer was kept nothing what
//   is missing is success dial, inspect, find_work, list_owned, plan nothing was changed
//
// A kind must not have a moment in which something exists that its name would not find. Cancellation is one
// more death: it may come at every await, and a call that was cancelled has ended when its coroutine has.
// Only a keeper that was told to begin may still come up a moment later: launch finds it, and destroy does
// not end before it can begin no more.
//
// Each call has a deadline (call::limit). It is kept here, for all kinds, and so is the check of what is
// given: the public functions are not virtual, the kinds implement those that begin with `do_`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "system/fd.hpp"
#include "wire/keeper_spec.hpp"
#include "wire/work.hpp"

namespace ostler::providers {

using async::task;

// --- what a kind says of itself ---

// What stands between what runs inside and the machine, told honestly:
//   none       nothing: the same user, the same files, the same network
//   files      files of its own; everything else is shared
//   container  namespaces of one kernel
//   machine    a kernel of its own
enum class isolation : std::uint8_t { none, files, container, machine };
std::string_view name(isolation value);

struct description {
  std::string name;
  // By name: "mode.copy", "progress"…
  std::vector<std::string> capabilities;
  // JSON Schema of `settings`.
  std::string config_schema;
  isolation isolated = isolation::none;
  // One sentence for people: what is and what is not kept apart.
  std::string isolation_told;
};

// --- what is asked for ---

// Borne by everything that is made, wherever the infrastructure has a place for it.
struct labels {
  std::string daemon;
  instance_id instance;
  std::uint32_t generation = 0;
  bool operator==(labels const&) const = default;
};

enum class lifetime : std::uint8_t {
  instance,  // made once, kept over a stop
  run,       // made at each start, removed at each stop
};

struct resource_wish {
  std::string kind;
  // Tells two of one kind apart.
  std::string label;
  lifetime life = lifetime::instance;
  // Counted against the quota of its kind.
  std::int64_t amount = 1;
  bool operator==(resource_wish const&) const = default;
};

// The one resource that every provider has: the keeper process. It is launched, not prepared.
constexpr std::string_view keeper_kind = "keeper";

struct named_resource {
  std::string kind;
  std::string label;
  std::string name;
  // What the provider gave when it was made: opaque, versioned by the provider, empty until then.
  std::string handle;
  // Of a keeper: which launch it is.
  std::uint32_t generation = 0;
};

// Of which instance all calls speak.
struct place {
  labels whose;
  // Where the project is, as an absolute path.
  std::string project;
  // JSON as config_schema says; empty for the defaults.
  std::string settings;
  // Of the project, below it: brought into a workspace that is made new.
  std::vector<std::string> copy;
  // All that the ledger knows of this instance.
  std::vector<named_resource> resources;
};

struct progress {
  // "copying"
  std::string what;
  std::uint64_t done = 0;
  // 0: nobody knows.
  std::uint64_t total = 0;
  // "files", "bytes"
  std::string unit;
};

struct call {
  milliseconds limit{60s};
  // Called at home, never after the call has ended. May be empty.
  std::function<void(progress const&)> report;
};

// --- what is answered ---

enum class made_how : std::uint8_t { made, existed_ours, existed_foreign };
std::string_view name(made_how value);

struct prepared {
  made_how how = made_how::made;
  std::string handle;
  // What people should know of it, a sentence each: what could not be copied.
  std::vector<std::string> notes;
};

struct launched {
  // A keeper of this generation ran already.
  bool found = false;
  std::string handle;
};

enum class presence : std::uint8_t { unknown, absent, present };
std::string_view name(presence value);

struct sighting {
  std::string name;
  presence seen = presence::unknown;
  // false: something bears our name but not our label.
  bool ours = true;
  std::string handle;
  // Why it is unknown, or what is there instead.
  std::string detail;
};

struct owned_thing {
  std::string kind;
  std::string label;
  std::string name;
  std::string handle;
  labels whose;
};

// --- the contract ---

class provider {
 public:
  provider() = default;
  provider(provider const&) = delete;
  provider& operator=(provider const&) = delete;
  virtual ~provider() = default;

  task<result<description>> describe(call how);
  // Which resources this instance needs, in the order of making. provider_refused when it cannot be had.
  task<result<std::vector<resource_wish>>> plan(call how, place where);
  // Makes one resource by the name we chose. What exists under that name and is not ours is left alone, and
  // said so in the answer.
  task<result<prepared>> prepare(call how, place where, named_resource what);
  // Puts the spec in place and starts the keeper; one of this generation that runs already is found. The path
  // of the workspace in the spec is filled in here, because only the provider knows it.
  task<result<launched>> launch(call how, place where, named_resource keeper, wire::keeper_spec spec);
  // A connected stream socket to the keeper, to be owned by the caller. link_failed when nobody answers.
  task<result<system::fd>> dial(call how, place where, named_resource keeper);
  // One sighting for each, in the order asked for. Fails only when nothing can be said at all.
  task<result<std::vector<sighting>>> inspect(call how, place where, std::vector<named_resource> what);
  // Ends when it is verified that nothing is left; what is missing already is success. foreign_resource when
  // it is not ours; delete_incomplete names what could not be removed, a line each in the detail. `hurry`
  // leaves services no time to end by themselves.
  enum class pace : std::uint8_t { patient, hurry };
  task<result<void>> destroy(call how, place where, named_resource what, pace speed = pace::patient);
  // What in the workspace of the instance exists nowhere else and would go with it, also when no keeper runs
  // there. Changes nothing, leaves nothing, and runs nothing that the workspace names. Nothing is found where
  // nothing is removed or nothing was handed out yet; what cannot be looked at is a failure.
  task<result<wire::work_found>> find_work(call how, place where);
  // All that bears the labels of this daemon and has a name of its own.
  task<result<std::vector<owned_thing>>> list_owned(call how, std::string daemon);

 protected:
  virtual task<result<description>> do_describe(call how) = 0;
  virtual task<result<std::vector<resource_wish>>> do_plan(call how, place where) = 0;
  virtual task<result<prepared>> do_prepare(call how, place where, named_resource what) = 0;
  virtual task<result<launched>> do_launch(call how, place where, named_resource keeper,
                                           wire::keeper_spec spec) = 0;
  virtual task<result<system::fd>> do_dial(call how, place where, named_resource keeper) = 0;
  virtual task<result<std::vector<sighting>>> do_inspect(call how, place where,
                                                         std::vector<named_resource> what) = 0;
  virtual task<result<void>> do_destroy(call how, place where, named_resource what, pace speed) = 0;
  virtual task<result<wire::work_found>> do_find_work(call how, place where) = 0;
  virtual task<result<std::vector<owned_thing>>> do_list_owned(call how, std::string daemon) = 0;
};

// Names go into paths, labels and host names: a-z, 0-9, '-', '_' and '.', beginning with a letter or a digit,
// 128 at most. name_invalid otherwise.
result<void> check_name(std::string_view name);

}  // namespace ostler::providers
