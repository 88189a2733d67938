// A file that has no name yet, or a hidden one: it appears under its own name whole, or not at all.
//
// Without a name (O_TMPFILE) nothing is left behind even when the keeper is killed. Not every file system has
// that, and naming it takes /proc; else it waits beside its place as `.ostler-<random>`, and is removed when
// it is given up.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "base/result.hpp"
#include "keeper/files/workspace.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

enum class occupied : std::uint8_t { replaced, refused };

class pending_file {
 public:
  enum class kind : std::uint8_t { nameless_if_possible, hidden };

  static result<pending_file> make(place where, kind how = kind::nameless_if_possible);
  pending_file(pending_file&&) = default;
  pending_file& operator=(pending_file&&) = delete;
  ~pending_file();

  int get() const { return file_.get(); }
  place const& where() const { return where_; }
  // Gives it its name. A directory is never replaced.
  result<void> put(occupied what);
  // The name itself survives a power cut. The content is the caller's to sync, before put().
  result<void> sync_name() const;

 private:
  explicit pending_file(place where) : where_(std::move(where)) {}
  result<void> make_hidden();
  result<void> link_as(std::string const& name) const;

  place where_;
  system::fd file_;
  // Empty while it has none, and after put().
  std::string hidden_;
};

// renameat2; where the file system cannot refuse by itself, a link or an empty directory takes the name
// first.
result<void> rename_entry(place const& from, place const& to, occupied what);

}  // namespace ostler::keeper
