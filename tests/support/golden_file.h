// Golden files: what an output was when somebody last looked at it, all of it. With
// QUOTEMILL_UPDATE_GOLDEN set in the environment they become what it is now.
#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace quotemill::testing {

inline void expect_golden(const std::string& path, const std::string& text) {
  if (std::getenv("QUOTEMILL_UPDATE_GOLDEN") != nullptr) {
    write_file(path, as_bytes(text));
  }
  const Bytes golden = read_file(path);
  EXPECT_EQ(as_text(golden), text) << path;
}

}  // namespace quotemill::testing
