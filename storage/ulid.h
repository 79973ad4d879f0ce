// ULID: 48 bits of time and 80 random ones, in 26 characters of Crockford's base 32 that sort by
// time. It names a change stream: event ids are <ulid>:<sequence>.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace quotemill::storage {

// REQUIRES: random.size() == 10; time is not before 1970
std::string make_ulid(WallTime time, ByteView random);

// Of now, by the wall clock; the Error is the random source's.
Result<std::string> fresh_ulid();

}  // namespace quotemill::storage
