#include "transport/control/control_message.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

Result<ControlRequest> decoded(std::string_view text) {
  return decode_request(as_bytes(text));
}

TEST(ControlMessage, ReadsWhatItWrites) {
  const Result<ControlRequest> request =
      decoded(encode_request({"history", {{"host", "a\n\xff"}, {"limit", 10}}}));
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->verb, "history");
  EXPECT_EQ(request->args["limit"], 10);

  const Result<ControlAnswer> good = decode_answer(as_bytes(encode_answer(Json{{"a", 1}})));
  ASSERT_TRUE(good);
  EXPECT_EQ(std::get<Json>(*good)["a"], 1);

  const ControlError error{ErrorCode::kNotFound, "no host x", "see: quotemill hosts"};
  const Result<ControlAnswer> bad = decode_answer(as_bytes(encode_answer(error)));
  ASSERT_TRUE(bad);
  EXPECT_EQ(std::get<ControlError>(*bad).code, ErrorCode::kNotFound);
  EXPECT_EQ(std::get<ControlError>(*bad).message, error.message);
  EXPECT_EQ(std::get<ControlError>(*bad).hint, error.hint);
  EXPECT_TRUE(std::get<ControlError>(*bad).details.is_null());
}

TEST(ControlMessage, TellsProgramsWhatItTellsPeople) {
  ControlError error{ErrorCode::kExpired, "change 2 is not kept", "the oldest is 4"};
  EXPECT_EQ(encode_answer(error).find("details"), std::string::npos);
  error.details = {{"oldest", 4}};
  const std::string text = encode_answer(error);
  EXPECT_NE(text.find(R"("code":"expired")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("details":{"oldest":4})"), std::string::npos) << text;
  const Result<ControlAnswer> read = decode_answer(as_bytes(text));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ControlError>(*read).details, error.details);
}

TEST(ControlMessage, RefusesWhatIsNoRequest) {
  for (const char* text :
       {"", "{", "[]", "3", "null", "{}", R"({"verb": 3})", R"({"verb": "a", "args": []})",
        R"({"verb": "a", "args": null})", "{\"verb\": \"\xff\"}"}) {
    const Result<ControlRequest> request = decoded(text);
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().code, ErrorCode::kMalformed) << text;
  }
  EXPECT_TRUE(decoded(R"({"verb": "status"})"));
}

TEST(ControlMessage, BoundsSizeAndDepth) {
  const std::string large(limits::kControlRequestSizeMax + 1, ' ');
  EXPECT_EQ(decoded(large).error().code, ErrorCode::kTooLarge);
  const std::string deep = R"({"verb":"a","args":{"x":)" + std::string(30'000, '[');
  EXPECT_EQ(decoded(deep).error().code, ErrorCode::kMalformed);
}

TEST(ControlMessage, RefusesWhatIsNoAnswer) {
  for (const char* text : {"", "{}", R"({"ok": 1})", R"({"ok": true})", R"({"ok": false})",
                           R"({"ok": false, "error": "x"})"}) {
    EXPECT_FALSE(decode_answer(as_bytes(text))) << text;
  }
}

}  // namespace
}  // namespace quotemill::transport
