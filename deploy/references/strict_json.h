// StrictJson: JSON from files of operators, read so that two readers cannot understand it
// differently: a member that is there twice is refused, and so is what is nested too deep.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "transport/render/json.h"

namespace quotemill::references {

using transport::Json;

// kMalformed with the place: "line 3, column 7: …" and the offset where the text is no JSON, the
// JSON pointer (RFC 6901) of what is there twice; kTooLarge beyond limits::kJsonDepthMax. Pure.
Result<Json> parse_strict_json(std::string_view text);

// A step of a JSON pointer: "/" and the key with '~' and '/' escaped.
std::string pointer_step(std::string_view key);
std::string pointer_step(std::size_t index);

// Made by the readers: what is wrong, and the JSON pointer of where. The pointer is escaped.
Error wrong_at(const std::string& pointer, const std::string& what);

}  // namespace quotemill::references
