// Secrets that boot logs hold in clear, such as the recovery key that an operator types at an ESXi
// host's boot loader. They are part of what was measured, so evidence keeps them; whatever is shown
// or told of an event passes here first.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill {

// Whether an option with a secret's name has a value. Linear.
bool has_secret(ByteView bytes);

// The text with each secret's value replaced by "[redacted]".
std::string without_secrets(std::string_view text);

// The bytes with each secret's value overwritten by '*': for hexadecimal.
Bytes without_secrets(ByteView bytes);

}  // namespace quotemill
