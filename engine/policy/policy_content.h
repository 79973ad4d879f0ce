// The parts that the canonical form of a policy is made of, from which its id is.
#pragma once

#include <string>
#include <vector>

#include "engine/base/byte_writer.h"

namespace quotemill {

// How many, then each with its size.
void add_texts(const std::vector<std::string>& texts, ByteWriter& out);

}  // namespace quotemill
