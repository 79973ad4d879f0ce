// A line of the log as journald keeps it (systemd.journal-fields(7)): what programs ask for is a
// field of its own, what people read is MESSAGE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/common/log.h"

namespace quotemill::program {

// "MESSAGE=…", "PRIORITY=4", "SYSLOG_IDENTIFIER=quotemilld", and of each field "QUOTEMILL_NAME=…":
// `quotemilld` says host=web-01, `journalctl QUOTEMILL_HOST=web-01` finds it. `line` is the message
// and its fields as text; values are printable.
std::vector<std::string> journal_fields(LogLevel level, std::string_view program,
                                        std::string_view line,
                                        std::initializer_list<LogField> fields);

}  // namespace quotemill::program
