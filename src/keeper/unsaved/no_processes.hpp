// Takes from a process that is about to become another program the right to start processes.
//
// The configuration of a checkout can name programs: filters, hooks, monitors of files, helpers for
// transports. A list of the settings that do would be out of date with the next version of git. So the kernel
// refuses whatever git tries to start, by whatever setting; threads stay allowed.
#pragma once

namespace ostler::keeper {

// Between fork and exec; there is no way back, also not for the program that comes. 0 or an errno: ENOSYS on
// a machine for which we do not know the numbers of the calls.
int forbid_processes();

}  // namespace ostler::keeper
