// Two halves of a conversation: the end of either is the end of both.
#pragma once

#include "async/task.hpp"

namespace ostler::answers {

// Ends when both have ended; the one that goes on is cancelled. What the first to end throws is thrown on.
async::task<void> first_end(async::task<void> one, async::task<void> other);

}  // namespace ostler::answers
