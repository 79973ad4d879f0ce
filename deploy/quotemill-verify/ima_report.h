// What 'quotemill-verify ima' prints. Lists are long: entries are read again and printed one by
// one, and no tree of them is built. Nothing host-supplied is printed unescaped.
#pragma once

#include <ostream>

#include "deploy/quotemill-verify/ima_check.h"

namespace quotemill::offline {

// `list` is that which the report is of.
void print_text(std::ostream& out, const ImaListReport& report, ByteView list);
void print_json(std::ostream& out, const ImaListReport& report, ByteView list);

}  // namespace quotemill::offline
