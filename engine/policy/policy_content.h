// The parts that the canonical form of a policy is made of, from which its id is.
#pragma once

#include <string>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"

namespace quotemill {

// How many, then each with its size.
void add_texts(const std::vector<std::string>& texts, ByteWriter& out);

// How many, then each value. REQUIRES: all of the same algorithm
void add_digests(const std::vector<Digest>& digests, ByteWriter& out);

}  // namespace quotemill
