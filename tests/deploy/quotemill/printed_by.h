// What a command line that needs no daemon prints.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "deploy/quotemill/cli.h"

namespace quotemill::cli {

inline std::string printed_by(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const Invocation invocation = parse_command_line(arguments, out, err);
  if (!invocation.command) {
    ADD_FAILURE() << err.str();
    return {};
  }
  Session session(invocation.settings, {},
                  [](const std::string& verb, const Json&, int) -> transport::ControlAnswer {
                    ADD_FAILURE() << "asks the daemon: " << verb;
                    return Json(nullptr);
                  },
                  {.out = out, .err = err});
  EXPECT_EQ(invocation.command(session), Exit::kFine) << err.str();
  return out.str();
}

}  // namespace quotemill::cli
