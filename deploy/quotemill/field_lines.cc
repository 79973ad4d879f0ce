#include "deploy/quotemill/field_lines.h"

#include <ostream>
#include <string_view>

namespace quotemill::cli {

void print_field(std::ostream& out, const char* label, const std::string& value) {
  constexpr std::size_t kLabelWidth = 14;
  if (value != "-" && !value.empty()) {
    out << "  " << label << std::string(kLabelWidth - std::string_view(label).size(), ' ') << value
        << '\n';
  }
}

}  // namespace quotemill::cli
