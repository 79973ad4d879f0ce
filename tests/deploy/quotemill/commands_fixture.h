// Commands run against answers that a test gives.
#pragma once

#include <deque>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

// A session whose daemon gives these answers, one after another.
class CommandsTest : public ::testing::Test {
 protected:
  Session session(Settings settings = {}, Style style = {}) {
    return Session(
        settings, style,
        [this](const std::string& verb, const Json& args, int) -> transport::ControlAnswer {
          requests_.push_back({{"verb", verb}, {"args", args}});
          if (answers_.empty()) {
            return transport::ControlError{ErrorCode::kInternal, "no answer left", {}};
          }
          transport::ControlAnswer answer = std::move(answers_.front());
          answers_.pop_front();
          return answer;
        },
        {.out = out_, .err = err_, .in = in_ ? &*in_ : nullptr});
  }

  static Json row(const std::string& name, const std::string& state) {
    return {{"name", name},
            {"uuid", "00"},
            {"life_cycle", "active"},
            {"state", state},
            {"since", nullptr},
            {"last_seen", nullptr},
            {"why", state == "failed" ? Json{{"code", "quote.signature"}, {"message", "bad"}}
                                      : Json(nullptr)}};
  }

  void expect_clean() const {
    for (const std::string& text : {out_.str(), err_.str()}) {
      for (const char c : text) {
        EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << text;
      }
    }
  }

  std::deque<transport::ControlAnswer> answers_;
  std::vector<Json> requests_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::optional<std::istringstream> in_;  // somebody at a terminal, and what they type
};

}  // namespace quotemill::cli
