// The FIFO between a service and its log.
//
// The service holds its own end for reading and writing: when the keeper dies, its writes neither fail nor
// get lost, they wait in the FIFO until a new keeper goes on reading. The keeper holds a reading end that
// never blocks; it sees the end of the stream when the last process of the service has let go.
//
// Order matters: the service's end is opened first and closed once the service has its copy. Before that, our
// end would see the end of a stream that has not begun.
#pragma once

#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

// `directory` as for openat(2). One that exists already is taken, if it is a FIFO.
result<void> make_fifo(int directory, std::string const& name);
// Blocking and inheritable through dup2() only: close-on-exec as everything of ours.
result<system::fd> open_service_end(int directory, std::string const& name);
result<system::fd> open_keeper_end(int directory, std::string const& name);
// The keeper's end for one run after another: it holds the other end as well, so that it never sees the end
// of a stream, and need not be opened anew when the last process of a run has let go.
result<system::fd> open_lasting_end(int directory, std::string const& name);

}  // namespace ostler::keeper
