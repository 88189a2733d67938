// Becomes a process that belongs to nobody: another session, no terminal, no descriptor of whoever started
// it.
//
// The starter waits until the keeper says how the start went, so that "started" is true when it is said.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// How the start went, told to the process that waits for it.
class start_report {
 public:
  start_report() = default;
  explicit start_report(system::fd to) : to_(std::move(to)) {}
  // Once; later calls do nothing. An empty text says that all is well.
  void tell(std::string_view trouble);
  int descriptor() const { return to_.get(); }

 private:
  system::fd to_;
};

// Forks twice. Returns in the keeper. The process that called never returns: it exits with 0 when the keeper
// reported that all is well, else it prints what it was told and exits with 1.
result<start_report> detach();

enum class standard_streams : bool { stay, go };
// Closes everything that was inherited. `keep` stays open; with `go`, 0, 1 and 2 become /dev/null.
void let_go_of_descriptors(int keep, standard_streams what);

}  // namespace ostler::keeper
