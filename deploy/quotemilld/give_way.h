// Threads that work in the background: what hosts and operators ask for comes first.
#pragma once

namespace quotemill::daemon {

// From now on the calling thread, and those that it begins, have a tenth of the time beside a busy
// one.
void give_way();

}  // namespace quotemill::daemon
