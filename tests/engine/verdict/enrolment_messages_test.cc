#include "engine/verdict/enrolment_messages.h"

#include <set>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(EnrolmentMessages, EachHasACauseARemedyAndARefusalOfItsOwn) {
  std::set<std::pair<ErrorCode, std::string_view>> seen;
  for (const EnrolmentMessage& message : enrolment_messages()) {
    EXPECT_FALSE(message.key.empty());
    EXPECT_FALSE(message.cause.empty()) << message.key;
    EXPECT_FALSE(message.remedy.empty()) << message.key;
    EXPECT_TRUE(seen.emplace(message.code, message.context).second) << message.key;
  }
}

TEST(EnrolmentMessages, NothingIsSaidOfWhatIsNoneOfTheTpms) {
  EXPECT_EQ(enrolment_message_of({ErrorCode::kBusy, "enrol.rate"}), nullptr);
  EXPECT_EQ(enrolment_message_of({ErrorCode::kInternal, "EK certificate"}), nullptr);
  EXPECT_EQ(enrolment_message_of({ErrorCode::kDenied, "enrol"}), nullptr);
}

}  // namespace
}  // namespace quotemill
