#include "deploy/quotemilld/live_notices.h"

#include <gmock/gmock.h>

#include "storage/memory_store.h"
#include "tests/support/manual_clock.h"
#include "transport/render/json.h"

namespace quotemill::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LiveNoticesTest : public ::testing::Test {
 protected:
  void act(const std::string& verb) {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", verb, "prod"}, {1})};
    ASSERT_TRUE(store_.commit(batch));
  }

  // The codes of what is told by one look.
  std::vector<std::string> told() {
    codes_.clear();
    notices_.look(clock_.now());
    return codes_;
  }

  quotemill::testing::ManualClock clock_;
  storage::MemoryStore store_;
  std::vector<std::string> codes_;
  LiveNotices notices_{store_, [this](const std::string& line) {
                         const std::optional<transport::Json> json = transport::parse_json(line);
                         ASSERT_TRUE(json) << line;
                         EXPECT_TRUE(json->contains("kind")) << "so that it is no change";
                         codes_.push_back(json->at("code"));
                       }};
};

TEST_F(LiveNoticesTest, SayEveryMinuteThatTheStreamIsAlive) {
  EXPECT_THAT(told(), ElementsAre("stream.heartbeat"));
  clock_.advance(59'999);
  EXPECT_THAT(told(), IsEmpty());
  clock_.step_wall(-86'400'000);
  clock_.advance(1);
  EXPECT_THAT(told(), ElementsAre("stream.heartbeat")) << "whatever the wall clock says";
}

TEST_F(LiveNoticesTest, TellEachActOnceAsItComes) {
  act("before.the.start");
  EXPECT_THAT(told(), ElementsAre("stream.heartbeat"));
  act("policy.apply");
  act("retire");
  EXPECT_THAT(told(), ElementsAre("audit.policy.apply", "audit.retire"));
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace quotemill::daemon
