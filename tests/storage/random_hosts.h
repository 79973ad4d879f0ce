// Random hosts for tests of stores: of every shape that a record and a state have, alike in parts.
#pragma once

#include <random>
#include <string>

#include "engine/ports/records.h"

namespace quotemill::testing {

using Random = std::mt19937_64;

WallTime random_time(Random& random);  // edges of its range among them
Digest random_digest(Random& random);

HostRecord random_record(Random& random);  // its uid, keys and EK are its own; its name is long
HostState random_state(Random& random, const HostUid& uid);

// All that is stored of a host, to compare; one label at most, as they are written in any order.
std::string stored_text(const HostRecord& record, const HostState& state);

}  // namespace quotemill::testing
