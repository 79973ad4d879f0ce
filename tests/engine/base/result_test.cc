#include "engine/base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(Result, HoldsAValue) {
  Result<std::string> result = std::string("value");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5U);
  *result += "s";
  EXPECT_EQ(result.value(), "values");
}

TEST(Result, HoldsAnError) {
  const Result<std::string> result = Error{ErrorCode::kBusy, "inbox"};
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBusy);
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(Result, OfNothingIsAnErrorOrNot) {
  EXPECT_TRUE(Result<void>());
  const Result<void> failed = Error{ErrorCode::kIo, "file"};
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
}

TEST(Error, SaysWhatAndWhere) {
  EXPECT_EQ((Error{ErrorCode::kTruncated, "TPMS_ATTEST", 12}).to_string(),
            "TPMS_ATTEST: truncated at byte 12");
  EXPECT_EQ((Error{ErrorCode::kDenied, "EK", 0, "is a CA"}).to_string(), "EK: is a CA");
  EXPECT_EQ((Error{ErrorCode::kInternal}).to_string(), "internal");
}

TEST(Error, EveryCodeHasANameOfItsOwn) {
  for (int left = 0; left <= static_cast<int>(ErrorCode::kInternal); ++left) {
    for (int right = 0; right < left; ++right) {
      EXPECT_NE(name_of(static_cast<ErrorCode>(left)), name_of(static_cast<ErrorCode>(right)));
    }
  }
}

}  // namespace
}  // namespace quotemill
