// Texts of firmware and boot loaders, made printable: nothing that a log holds reaches a terminal,
// a page or a report in any other form.
//
// Printable ASCII stays as it is, backslashes too (they are what paths are made of); all else
// becomes \xNN or \uNNNN; values of secrets become "[redacted]" (secrets.h). At most
// limits::kDecodedTextMax characters of input, then "...(N bytes)".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill {

// Bytes of ASCII, up to the end or the NULs that end them; NULs in between are shown.
std::string text_of_ascii(ByteView bytes);

// UTF-16LE, up to its first NUL or the end; an odd last byte is left out.
std::string text_of_utf16(ByteView bytes);

// Whether the bytes are text: printable ASCII or white space, with nothing but NULs behind.
bool is_ascii_text(ByteView bytes);

// Whether the bytes are UTF-16LE of printable ASCII, at least two characters, with nothing but NULs
// behind.
bool is_utf16_text(ByteView bytes);

// "0x1f".
std::string hex_number(std::uint64_t number);

}  // namespace quotemill
