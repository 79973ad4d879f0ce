// The table [log] of a program's settings.
#pragma once

#include "deploy/common/log.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::program {

// `log.level` and `log.format`; mistakes are told by the reader's finish().
LogSettings read_log_settings(TomlReader& in);

}  // namespace quotemill::program
