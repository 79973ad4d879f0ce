// The streams that a store has had, one after another: a backup that is restored, or a loss that is
// found, begins another, and what came before keeps the ids that it left with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/outbox.h"

namespace quotemill::storage {

// Adds a stream. One that nothing came of is forgotten, and the oldest of too many.
void begin_stream(std::vector<StreamBegin>& streams, StreamBegin next);

// A line each: "<id> <first change> <first act>\n".
std::string encode_streams(const std::vector<StreamBegin>& streams);
Result<std::vector<StreamBegin>> decode_streams(std::string_view text);

}  // namespace quotemill::storage
