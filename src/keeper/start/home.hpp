// The directory of a keeper: who holds it, what it is to hold, and the marks that say so.
//
//   spec.json   what is to be held; written by whoever launches the keeper
//   lock        held by the keeper while it lives; the kernel lets go when it dies
//   ident       which process the keeper is, its nonce, its generation
//   started     this generation was begun: whoever comes next adopts, and starts nothing anew
//   cgroups     those that its keepers have made (system/noted_cgroups.hpp)
//   ledger      all that happened (ledger.hpp)
//   intake      what was read last from a service
//   keeper.sock the door
//
// The marks are not synced: they guard against a second start by somebody who comes after a killed process.
// After a power cut nothing lives that could be started twice.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"
#include "wire/keeper_spec.hpp"

namespace ostler::keeper {

struct ident {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string boot_id;
  // The same for all keepers of one generation, so that what a former one started is recognised.
  std::string nonce;
  // The same for all generations on this directory: what any of them started bears it.
  std::string mark;
  std::uint64_t generation = 0;
  // The last event of the generation before.
  std::uint64_t began_seq = 0;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(ident, (), (pid, start_ticks, boot_id, nonce, mark, generation, began_seq, version))

// What was read last from a service, until its log has it (logs/intake.hpp).
inline constexpr char const* intake_name = "intake";
inline constexpr char const* socket_name = "keeper.sock";
// Where services tell that they are ready, as sd_notify does.
inline constexpr char const* notice_socket_name = "notify.sock";

class home {
 public:
  // Refuses what is not a directory of ours alone.
  static result<home> open(std::string const& path);

  // keeper_held when another one holds it, naming its pid.
  result<void> lock();
  result<wire::keeper_spec> spec() const;
  // Kept, so that a successor holds the same.
  result<void> keep_spec(wire::keeper_spec const& spec) const;

  // Who holds it, or held it last.
  std::optional<ident> holder() const;
  // Was this generation begun before?
  bool started(std::uint64_t generation) const;
  // What names all that this generation starts: that of its former keeper, or a new one.
  std::string nonce_of(std::uint64_t generation) const;
  // Says who we are, under that nonce; reuses the beginning of the generation. `last_seq` is that of the
  // newest event.
  result<ident> take(std::uint64_t generation, std::uint64_t last_seq, std::string nonce);
  result<void> mark_started(std::uint64_t generation) const;

  int get() const { return directory_.get(); }
  // Absolute.
  std::string const& path() const { return path_; }
  // The lock, for a successor that is the same process.
  int lock_descriptor() const { return lock_.get(); }
  void inherit_lock(system::fd lock) { lock_ = std::move(lock); }

 private:
  home(std::string path, system::fd directory) : path_(std::move(path)), directory_(std::move(directory)) {}
  std::string path_;
  system::fd directory_;
  system::fd lock_;
};

}  // namespace ostler::keeper
