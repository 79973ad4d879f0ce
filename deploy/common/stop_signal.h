// How programs that serve are told to end.
#pragma once

namespace quotemill::program {

// A descriptor that can be read once SIGTERM or SIGINT came: nothing runs in a signal handler. Both
// are blocked from now on, in this thread and those it makes.
int stop_descriptor();

}  // namespace quotemill::program
