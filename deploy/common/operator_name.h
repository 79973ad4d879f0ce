// Who an operator is, for the audit trail: as far as the system knows, and nobody proved.
#pragma once

#include <string>

namespace quotemill::program {

// The user behind sudo, or the effective one; printable.
std::string operator_name();

}  // namespace quotemill::program
