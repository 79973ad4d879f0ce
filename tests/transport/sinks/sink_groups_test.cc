// Many hosts with one cause, told as one: what a group is, and that no crash makes it another one.
#include <gmock/gmock.h>

#include "tests/transport/sinks/restarted_feed.h"
#include "transport/render/json.h"
#include "transport/render/limits.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SinkGroups : public RestartedFeed {
 protected:
  SinkGroups() { options_.groups.hosts_min = 3; }

  // The next change, of another host, so long after the first one.
  void change(std::int64_t at_ms, FindingCode code = FindingCode::kBootEventDigestUnknown,
              const std::string& subject = {}) {
    CommitBatch batch;
    Change& change = batch.changes.emplace_back();
    change.sequence = ++last_;
    change.host.bytes = {static_cast<std::uint8_t>(last_), static_cast<std::uint8_t>(last_ >> 8U)};
    change.host_name = "web-01";
    change.previous = TrustState::kTrusted;
    change.current = TrustState::kFailed;
    change.time = {kBegin + at_ms};
    change.reasons = {Finding{.code = code, .severity = Severity::kFail}};
    change.reasons.front().pcr = 4;
    change.reasons.front().subject = subject;
    change.policy_id = subject;
    ASSERT_TRUE(store_.commit(batch));
  }

  // The bodies of groups among all that comes until there is nothing more, delivered.
  std::vector<std::string> told(std::int64_t at_ms) {
    std::vector<std::string> out;
    for (SinkBatch batch = next(at_ms); !batch.is_idle(); batch = next(at_ms)) {
      for (const RenderedEvent& event : batch.events) {
        if (event.body.find("\"kind\":\"group\"") != std::string::npos) {
          out.push_back(event.body);
        }
      }
      EXPECT_TRUE(feed().done(batch, at(at_ms)));
    }
    return out;
  }
};

TEST_F(SinkGroups, AreToldOnceWhenTheirWindowIsOver) {
  for (int host = 0; host < 3; ++host) {
    change(host * 1'000);
  }
  change(3'000, FindingCode::kQuoteSignature);
  EXPECT_THAT(told(4'000), IsEmpty());
  EXPECT_THAT(told(kSettled - 1), IsEmpty());
  const std::vector<std::string> groups = told(kSettled);
  ASSERT_THAT(groups, SizeIs(1));
  const Json group = parse_json(groups[0]).value_or(Json());
  EXPECT_EQ(group["id"], store_.status()->stream_id + ":group:1-3");
  EXPECT_EQ(group["code"], "group.boot.event.digest_unknown");
  EXPECT_EQ(group["time"], iso_time({kBegin + kWindow}));
  EXPECT_THAT(group["message"].get<std::string>(), HasSubstr("3 hosts changed to failed: PCR 4"));
  EXPECT_EQ(group["fields"]["first_change"], "1");
  EXPECT_EQ(group["fields"]["last_change"], "3");
  EXPECT_THAT(told(200'000), IsEmpty());
}

// A sink that was down for an hour: the groups are those that would have been told then.
TEST_F(SinkGroups, AreTheSameHoweverLateTheyAreCounted) {
  for (int minute = 0; minute < 3; ++minute) {
    for (int host = 0; host < 200; ++host) {
      change(minute * kWindow + host);
    }
  }
  std::vector<std::string> ids;
  for (const std::string& group : told(3'600'000)) {
    ids.push_back(parse_json(group)->at("fields").at("hosts").get<std::string>());
  }
  EXPECT_THAT(ids, ElementsAre("200", "200", "200"));
}

TEST_F(SinkGroups, EndWithTheNextChangeBehindTheirWindow) {
  for (int host = 0; host < 4; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  change(kWindow);
  EXPECT_THAT(told(kWindow), SizeIs(1)) << "and not two seconds later";
}

TEST_F(SinkGroups, ACrashLosesNoneThatIsCounted) {
  change(0);
  change(1'000);
  EXPECT_THAT(told(1'000), IsEmpty());
  crash();
  change(2'000);
  EXPECT_THAT(told(2'000), IsEmpty());
  crash();
  const std::vector<std::string> groups = told(kSettled);
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0], HasSubstr("3 hosts changed"));
  crash();
  EXPECT_THAT(told(kSettled), IsEmpty()) << "it was told";
}

TEST_F(SinkGroups, ACrashBeforeTheCursorMovedTellsTheSameAgain) {
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  EXPECT_THAT(next(kSettled).events, SizeIs(1)) << "it did not arrive";
  const SinkBatch given = next(kSettled);  // and whether this one arrived nobody knows
  ASSERT_THAT(given.events, SizeIs(1));
  crash();
  change(kWindow + 1'000);
  EXPECT_THAT(told(kWindow + 1'000), ElementsAre(given.events[0].body));
}

TEST_F(SinkGroups, ACrashLosesNoneThatHasEndedAndWasNotTold) {
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  change(kWindow);
  const SinkBatch behind = next(kWindow);
  ASSERT_TRUE(feed().done(behind, at(kWindow)));
  crash();
  EXPECT_THAT(told(kWindow), ElementsAre(HasSubstr(":group:1-3")));
}

// While one group is open another one of the same changes' time was told.
TEST_F(SinkGroups, ACrashTellsNoneTwiceThatLiesWithinAnother) {
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  for (int host = 0; host < 3; ++host) {
    change(30'000 + host, FindingCode::kQuoteSignature);
    change(30'000 + host);
  }
  EXPECT_THAT(told(kSettled), ElementsAre(HasSubstr(":group:1-9")));
  crash();
  EXPECT_THAT(told(kSettled), IsEmpty());
  EXPECT_THAT(told(30'000 + kSettled), ElementsAre(HasSubstr(":group:4-8")));
}

TEST_F(SinkGroups, ABrokenConnectionTellsAgainWhatItMayHaveLost) {
  options_.confirmed_after = std::chrono::milliseconds(30'000);
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  EXPECT_THAT(told(40'000), IsEmpty());
  const std::vector<std::string> groups = told(kSettled);
  ASSERT_THAT(groups, SizeIs(1));
  feed().give_again();
  EXPECT_EQ(told(kSettled + 1'000), groups);
  crash();
  EXPECT_EQ(told(kSettled + 2'000), groups) << "nor does a crash lose it";
  EXPECT_THAT(told(kSettled + 40'000), IsEmpty());
  feed().give_again();
  EXPECT_THAT(told(kSettled + 40'000), IsEmpty());
}

TEST_F(SinkGroups, KeepTheOutboxFromLosingWhatTheyCount) {
  change(0, FindingCode::kQuoteSignature);
  for (int host = 0; host < 3; ++host) {
    change(1'000 + host);
  }
  EXPECT_THAT(told(2'000), IsEmpty());
  EXPECT_EQ(feed().kept().next, 5U);
  EXPECT_EQ(feed().kept().needed(), 1U);
  EXPECT_THAT(told(1'000 + kSettled), SizeIs(1));
  EXPECT_EQ(feed().kept().needed(), 5U);
}

TEST_F(SinkGroups, OfChangesThatAreNotKeptAreNotToldAndHarmNoOther) {
  for (int host = 0; host < 6; ++host) {
    change(host, host < 3 ? FindingCode::kQuoteSignature : FindingCode::kBootEventDigestUnknown);
  }
  EXPECT_THAT(told(10), IsEmpty());
  crash();
  ASSERT_TRUE(store_.drop_changes(3));
  EXPECT_THAT(told(10 + kSettled), ElementsAre(HasSubstr(":group:4-6")));
}

TEST_F(SinkGroups, OfAStreamThatWasRestoredKeepTheIdsOfTheirChanges) {
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  const std::string before = store_.status()->stream_id;
  EXPECT_THAT(told(10), IsEmpty());
  crash();
  ASSERT_TRUE(store_.renew_stream());
  EXPECT_THAT(told(kSettled), ElementsAre(HasSubstr(before + ":group:1-3")));
}

TEST_F(SinkGroups, EndByTheBootClockIfTheWallClockWasSetBack) {
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  wall_set_ms_ = -86'400'000;
  EXPECT_THAT(told(kSettled), IsEmpty());
  EXPECT_THAT(told(10 + kSettled), SizeIs(1));
}

TEST_F(SinkGroups, AreShortWhateverAHostSays) {
  for (int host = 0; host < 3; ++host) {
    change(host, FindingCode::kBootEventDigestUnknown, std::string(20'000, 'x') + "\n");
  }
  EXPECT_THAT(told(10), IsEmpty());
  const std::vector<std::string> groups = told(10 + kSettled);
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_LE(groups[0].size(), limits::kEventSizeMax);
}

TEST_F(SinkGroups, AreNotCountedForASinkThatDoesNotWantThem) {
  options_.with_notices = false;
  for (int host = 0; host < 3; ++host) {
    change(host);
  }
  EXPECT_THAT(told(10), IsEmpty());
  EXPECT_THAT(feed().kept().groups, IsEmpty());
  EXPECT_THAT(told(kSettled), IsEmpty());
}

}  // namespace
}  // namespace quotemill::transport
