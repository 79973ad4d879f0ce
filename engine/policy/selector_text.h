// A HostSelector as operators write it on a command line: terms between commas, all of which hold.
//
//   env=prod,role=db-*     labels
//   label:pci              a label of any value
//   web-*,db-01            names: any of them
//   os:debian  vendor:Dell*  model:PowerEdge*   what hosts say of themselves; any of each kind
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/policy/selector.h"

namespace quotemill {

// kConfig with the term that is wrong. An empty text selects nothing: it is one, too.
Result<HostSelector> parse_selector(std::string_view text);

}  // namespace quotemill
