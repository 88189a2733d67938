// How a daemon tells whoever started it that it answers, or why it does not: the variable names a descriptor
// to which it writes one of these bytes, and which it closes. When it ends without a word, its log says why.
//
// The variable and the descriptor are for the daemon alone; it must hand neither to what it starts.
#pragma once

namespace ostler::whereabouts {

constexpr char const* ready_fd_variable = "OSTLER_READY_FD";

// It answers on its socket.
constexpr char ready_byte = 'r';
// Another daemon holds the state directory; this one goes away.
constexpr char held_byte = 'h';

}  // namespace ostler::whereabouts
