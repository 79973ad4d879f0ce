// The boot logs of real machines among the fixtures.
#pragma once

#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill::testing {

struct LogFixture {
  std::string path;  // below the fixtures
  std::string kind;  // "tcg-eventlog-sha1", "tcg-eventlog-crypto-agile"
};

// All that MANIFEST.tsv lists; empty without fixtures.
std::vector<LogFixture> all_boot_logs();

// A log's bytes; those kept in base64 are decoded.
Bytes boot_log_bytes(const std::string& path);

}  // namespace quotemill::testing
