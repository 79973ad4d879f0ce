// The durable pull: by its place in the stream, which it may have lost.
#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using transport::ControlError;
using transport::ControlWait;
using transport::Json;

class OperatorStreamTest : public OperatorFixture {
 protected:
  void add_changes(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      CommitBatch batch;
      batch.changes.emplace_back().sequence = store_.status()->last_change + 1;
      ASSERT_TRUE(store_.commit(batch));
    }
  }

  void add_act() {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", "policy.apply", "prod"}, {1'000})};
    ASSERT_TRUE(store_.commit(batch));
  }

  OperatorParts parts_with_streams() {
    OperatorParts with = parts();
    with.outbox = &store_;
    return with;
  }

  // The store's, with what its streams were.
  OperatorVerbs with_streams_{parts_with_streams()};
};

TEST_F(OperatorStreamTest, ChangesWaitForTheNextOne) {
  const HostRecord record = host_record(1, "web", LifeCycle::kActive);
  add(record);
  set_state(record, TrustState::kTrusted);
  const transport::ControlRequest request{"changes", {{"from", 1}, {"wait_ms", 1'000}}};
  EXPECT_TRUE(std::holds_alternative<ControlWait>(verbs_.handle(request)));
  transport::ControlRequest last = request;
  last.is_final = true;
  EXPECT_EQ(std::get<Json>(verbs_.handle(last))["changes"].size(), 0U);

  EXPECT_EQ(ask("retire", {{"host", "web"}})["life_cycle"], "retired");
  const Json answer = std::get<Json>(verbs_.handle(request));
  ASSERT_EQ(answer["changes"].size(), 1U);
  EXPECT_EQ(answer["changes"][0]["prev"], "trusted");
  EXPECT_EQ(answer["changes"][0]["new"], "unknown");
  EXPECT_EQ(answer["next"], 2);
  EXPECT_EQ(refusal("changes", {{"from", 9}}).code, ErrorCode::kConflict);
}

TEST_F(OperatorStreamTest, ChangesThatAreNotKeptAreAnsweredWithTheOldestThatIs) {
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    CommitBatch batch;
    batch.changes.emplace_back().sequence = sequence;
    ASSERT_TRUE(store_.commit(batch));
  }
  ASSERT_TRUE(store_.drop_changes(4));
  const transport::ControlError expired = refusal("changes", {{"from", 2}});
  EXPECT_EQ(expired.code, ErrorCode::kExpired);
  EXPECT_EQ(expired.hint, "the oldest is 4");
  EXPECT_EQ(
      expired.details,
      (Json{
          {"stream", store_.status()->stream_id}, {"oldest", 4}, {"last", 5}, {"resume_from", 4}}));
  EXPECT_EQ(ask("changes", {{"from", 4}})["changes"].size(), 2U);
  EXPECT_EQ(ask("changes")["changes"].size(), 2U) << "without a beginning: all that there is";
}

TEST_F(OperatorStreamTest, ActsWaitForTheNextOne) {
  const transport::ControlRequest request{"audit.list", {{"from", 1}, {"wait_ms", 1'000}}};
  EXPECT_TRUE(std::holds_alternative<ControlWait>(verbs_.handle(request)));
  transport::ControlRequest last = request;
  last.is_final = true;
  EXPECT_EQ(std::get<Json>(verbs_.handle(last))["audit"].size(), 0U);
  ask("token.create", {{"operator", "ann"}});
  EXPECT_EQ(std::get<Json>(verbs_.handle(request))["audit"].size(), 1U);
}

TEST_F(OperatorStreamTest, APlaceAheadOfTheStreamIsNamedWithWhereToGoOn) {
  add_changes(3);
  const ControlError ahead = refusal("changes", {{"from", 9}});
  EXPECT_EQ(ahead.code, ErrorCode::kConflict);
  EXPECT_THAT(ahead.hint, HasSubstr("was the store restored from a backup?"));
  EXPECT_EQ(ahead.details["last"], 3);
  EXPECT_EQ(ahead.details["resume_from"], 4);
  add_act();
  const ControlError acts = refusal("audit.list", {{"from", 9}});
  EXPECT_EQ(acts.code, ErrorCode::kConflict);
  EXPECT_EQ(acts.details["resume_from"], 2);
  EXPECT_TRUE(ask("audit.list", {{"from", 2}})["audit"].empty());
}

// The stream of before has ended with 3; this one has got further than the reader was.
TEST_F(OperatorStreamTest, APlaceInAStreamThatWasRestoredIsNoPlaceInTheNextOne) {
  add_changes(3);
  add_act();
  const std::string before = store_.status()->stream_id;
  ASSERT_TRUE(store_.renew_stream());
  add_changes(9);
  add_act();
  const auto asked = [this](const char* verb, const Json& args) {
    return with_streams_.handle({verb, args});
  };
  const auto error = std::get<ControlError>(asked("changes", {{"from", 7}, {"stream", before}}));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(error.details, (Json{{"stream", store_.status()->stream_id},
                                 {"oldest", 1},
                                 {"last", 12},
                                 {"resume_from", 4}}));
  EXPECT_EQ(std::get<Json>(asked("changes", {{"from", 4}, {"stream", before}}))["changes"].size(),
            9U)
      << "it had all of the stream of before";
  EXPECT_EQ(std::get<ControlError>(asked("audit.list", {{"from", 3}, {"stream", before}}))
                .details["resume_from"],
            2);
  const auto never = std::get<ControlError>(
      asked("changes", {{"from", 2}, {"stream", "01K0ZJ6T3T0000000000000000"}}));
  EXPECT_THAT(never.message, HasSubstr("never had the stream"));
  EXPECT_EQ(never.details["resume_from"], 1);
  ASSERT_TRUE(store_.drop_changes(6));
  EXPECT_EQ(std::get<ControlError>(asked("changes", {{"from", 7}, {"stream", before}}))
                .details["resume_from"],
            6)
      << "what is not kept is no place to go on from";
}

TEST_F(OperatorStreamTest, WhatIsOfTheStreamBeforeHasItsId) {
  add_changes(1);
  const std::string before = store_.status()->stream_id;
  ASSERT_TRUE(store_.renew_stream());
  add_changes(1);
  const Json changes = std::get<Json>(with_streams_.handle({"changes", {{"from", 1}}}))["changes"];
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_THAT(changes[0]["id"].get<std::string>(), StartsWith(before));
  EXPECT_THAT(changes[1]["id"].get<std::string>(), StartsWith(store_.status()->stream_id));
}

}  // namespace
}  // namespace quotemill::daemon
