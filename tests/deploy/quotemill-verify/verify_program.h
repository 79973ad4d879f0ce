// Runs the program quotemill-verify and looks at what it said.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.h"

namespace quotemill::testing {

inline Finished verify_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(QUOTEMILL_BIN_DIR) + "/quotemill-verify");
  return run({std::move(arguments)});
}

// Its JSON; a discarded value if it printed none.
inline nlohmann::json json_of(const Finished& finished) {
  return nlohmann::json::parse(finished.output, nullptr, false);
}

inline bool has_finding(const nlohmann::json& json, const std::string& code) {
  for (const nlohmann::json& finding : json["findings"]) {
    if (finding["code"] == code) {
      return true;
    }
  }
  return false;
}

}  // namespace quotemill::testing
