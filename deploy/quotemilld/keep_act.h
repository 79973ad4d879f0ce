// Work that somebody began is somebody's deed: the trail has it before anything of it is done.
#pragma once

#include <functional>

#include "engine/base/result.h"

namespace quotemill::daemon {

// Keeps whose deed it is, when nothing else can refuse the work any more; after an Error it does
// not begin. May block; calls nothing of who calls it.
using KeepAct = std::function<Result<void>()>;

}  // namespace quotemill::daemon
