// Sections of labelled values, as `host` shows them.
#pragma once

#include <iosfwd>
#include <string>

namespace quotemill::cli {

// "  label  value"; nothing for a value that is not there ("-" or empty).
void print_field(std::ostream& out, const char* label, const std::string& value);

}  // namespace quotemill::cli
