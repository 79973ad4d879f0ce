// Lists of values in a policy's rules; mistakes are the reader's to tell.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/policy/path_patterns.h"

namespace quotemill {

class TomlReader;

// A list that is written down and empty is a mistake: it would ask for nothing where its author
// meant "none".
void refuse_empty_list(TomlReader& in, std::string_view key);

// SHA-256 digests in hexadecimal; `what` names one of them in the message ("SHA-256 digest").
std::vector<Digest> read_digests(TomlReader& in, std::string_view key, std::string_view what);

// Patterns of whole paths or texts that stand at `key`; none after a mistake.
PathPatterns compile_patterns(TomlReader& in, std::string_view key,
                              std::span<const std::string> patterns);

}  // namespace quotemill
