#include "engine/pipeline/pipeline.h"

#include <map>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "engine/evidence/receipt.h"
#include "engine/pipeline/limits.h"
#include "tests/engine/pipeline/small_engine.h"
#include "tests/support/eventually.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::eventually;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr unsigned kHosts = 50;
constexpr std::uint64_t kRounds = 40;

class PipelineTest : public ::testing::TestWithParam<unsigned> {
 protected:
  PipelineTest() {
    for (unsigned i = 0; i < kHosts; ++i) {
      fleet.emplace_back(KeyKind::kEcP256, i);
      engine.enrol(fleet.back());
    }
  }

  PipelineParts parts() {
    return {inbox,        engine.committer, engine.hosts,    *engine.policies,
            engine.store, engine.keys,      engine.counters, engine.server_key};
  }

  Submission honest(const SoftwareHost& host) {
    Submission submission = engine.submission(host);
    submission.boot_log = host.log();
    return submission;
  }

  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
  std::vector<SoftwareHost> fleet;
  Inbox inbox{limits::kInboxItemsMax, limits::kInboxBytesMax, 2};
};

INSTANTIATE_TEST_SUITE_P(Threads, PipelineTest, ::testing::Values(1U, 2U));

// 2000 submissions of 50 hosts, one in flight a host, as the protocol has it.
TEST_P(PipelineTest, AnswersEverySubmissionOnceAndInOrder) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  std::size_t offered = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (SoftwareHost& host : fleet) {
      host.clock.clock_ms += 10;
      ASSERT_TRUE(inbox.offer(honest(host)));
      ++offered;
    }
    ASSERT_TRUE(engine.replies.wait_for(offered));
  }
  pipeline.drain();
  const std::vector<Reply> replies = engine.replies.all();
  ASSERT_EQ(replies.size(), kHosts * kRounds);
  std::map<HostUid, std::uint64_t> last;
  for (const Reply& reply : replies) {
    ASSERT_EQ(reply.kind, ReplyKind::kReceipt) << reply.error.to_string();
    ASSERT_EQ(reply.sequence, ++last[reply.host]);
  }
  for (const SoftwareHost& host : fleet) {
    EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
    EXPECT_EQ(engine.state(host).sequence, kRounds);
  }
  EXPECT_EQ(engine.counters.attestations.load(), kHosts * kRounds);
  EXPECT_EQ(engine.counters.quote_enough.load(), kHosts * (kRounds - 1));
  EXPECT_EQ(engine.changes.all().size(), kHosts);
  const StageTimes& times = engine.counters.times;
  EXPECT_EQ(times.queue.total(), kHosts * kRounds);
  EXPECT_EQ(times.crypto.total(), kHosts * kRounds);
  EXPECT_EQ(times.replay.total(), kHosts) << "logs travel when something changed";
  EXPECT_EQ(times.policy.total(), kHosts);
  const BatchSizeHistogram& sizes = engine.counters.batch_sizes;
  EXPECT_EQ(sizes.sum(), kHosts * kRounds);
  EXPECT_EQ(sizes.total(), times.judge.total());
}

// The inbox is told of every batch that is through.
TEST_P(PipelineTest, AtRestAnItemWaitsForNobody) {
  Inbox patient(limits::kInboxItemsMax, limits::kInboxBytesMax, 60'000);
  PipelineParts with = {patient,      engine.committer, engine.hosts,    *engine.policies,
                        engine.store, engine.keys,      engine.counters, engine.server_key};
  Pipeline pipeline(with, GetParam());
  pipeline.start();
  for (std::size_t round = 1; round <= 3; ++round) {
    fleet.front().clock.clock_ms += 10;
    ASSERT_TRUE(patient.offer(honest(fleet.front())));
    ASSERT_TRUE(engine.replies.wait_for(round));
  }
  pipeline.drain();
  EXPECT_EQ(engine.state(fleet.front()).sequence, 3U);
}

// All at once, more than a batch: batches are judged side by side and committed in order, so that
// of each host's submissions for one challenge the first counts.
TEST_P(PipelineTest, CommitsBatchesInTheOrderOfArrival) {
  Pipeline pipeline(parts(), GetParam());
  std::map<HostUid, Bytes> first;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (const SoftwareHost& host : fleet) {
      Submission submission = honest(host);
      if (round == 0) {
        first[host.record().uid] = submission.item;
      } else {
        submission.item.resize(round);
      }
      ASSERT_TRUE(inbox.offer(std::move(submission)));
    }
  }
  pipeline.start();
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), kHosts * kRounds);
  EXPECT_EQ(engine.counters.dropped_not_current.load(), kHosts * (kRounds - 1));
  for (const SoftwareHost& host : fleet) {
    EXPECT_EQ(engine.state(host).sequence, 1U);
    EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  }
}

// A small batch passes by no other: here the workers judge one until the key is let go.
TEST_P(PipelineTest, ASmallBatchIsCommittedBehindThatOfTheWorkers) {
  constexpr unsigned kFew = 4;  // the key that is held must stay in the cache
  const Result<std::shared_ptr<AttestationKey>> key =
      engine.keys.attestation_key(fleet.front().record());
  ASSERT_TRUE(key);
  Pipeline pipeline(parts(), GetParam());
  for (std::size_t i = 0; i <= limits::kJudgedAloneItemsMax; ++i) {
    ASSERT_TRUE(inbox.offer(honest(fleet[i % kFew])));
  }
  Submission second = honest(fleet[1]);
  second.item.pop_back();
  const auto is_taken = [&] { return inbox.depth() == 0; };
  std::unique_lock judging_stands_still((*key)->mutex);
  pipeline.start();
  EXPECT_TRUE(eventually(is_taken));
  EXPECT_TRUE(inbox.offer(std::move(second)));
  EXPECT_TRUE(eventually(is_taken));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // by now it could be committed
  EXPECT_TRUE(engine.replies.all().empty());
  judging_stands_still.unlock();
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), limits::kJudgedAloneItemsMax + 2);
  for (unsigned i = 0; i < kFew; ++i) {
    EXPECT_EQ(engine.state(fleet[i]).sequence, 1U);
    EXPECT_EQ(engine.state(fleet[i]).state, TrustState::kTrusted);
  }
}

// One batch, whose keys are looked up at once: some are cached, one cannot be read, one is not the
// signer's.
TEST_P(PipelineTest, JudgesEachItemOfABatchByTheKeyOfItsOwnHost) {
  constexpr std::size_t kFew = 8;
  for (std::size_t i = 0; i < kFew; i += 2) {
    ASSERT_TRUE(engine.keys.attestation_key(fleet[i].record()));
  }
  Pipeline pipeline(parts(), GetParam());
  for (std::size_t i = 0; i < kFew; ++i) {
    ASSERT_TRUE(inbox.offer(honest(fleet[i])));
  }
  SoftwareHost& unreadable = fleet[kFew];
  unreadable.record().ak_public.pop_back();
  ASSERT_TRUE(inbox.offer(honest(unreadable)));
  SoftwareHost impostor(KeyKind::kEcP256, kHosts);
  HostRecord& claimed = fleet[kFew + 1].record();
  ASSERT_TRUE(engine.keys.attestation_key(claimed));
  impostor.record() = claimed;
  ASSERT_TRUE(inbox.offer(honest(impostor)));

  pipeline.start();
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), kFew + 2);
  EXPECT_EQ(engine.keys.tally().hits, kFew / 2 + 1) << "those that were cached were not found";
  for (std::size_t i = 0; i < kFew; ++i) {
    EXPECT_EQ(engine.state(fleet[i]).state, TrustState::kTrusted) << i;
  }
  EXPECT_EQ(engine.replies.all()[kFew].kind, ReplyKind::kError);
  EXPECT_EQ(engine.state(unreadable).sequence, 0U);
  EXPECT_EQ(engine.state(impostor).state, TrustState::kFailed);
}

TEST_P(PipelineTest, JudgesHonestAndHostileHostsSideBySide) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  for (unsigned i = 0; i < kHosts; ++i) {
    Submission submission = honest(fleet[i]);
    if (i % 3 == 1) {
      submission.item.pop_back();
    } else if (i % 3 == 2) {
      submission.boot_log.clear();
    }
    ASSERT_TRUE(inbox.offer(std::move(submission)));
  }
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), kHosts);
  for (unsigned i = 0; i < kHosts; ++i) {
    const TrustState expected = i % 3 == 0   ? TrustState::kTrusted
                                : i % 3 == 1 ? TrustState::kFailed
                                             : TrustState::kUnknown;
    EXPECT_EQ(engine.state(fleet[i]).state, expected) << i;
  }
}

// However long a large list takes: here until the others have their receipts. So few, because the
// key that is held must stay in the cache.
TEST_P(PipelineTest, NobodyWaitsForALargeItem) {
  const Result<std::shared_ptr<AttestationKey>> key =
      engine.keys.attestation_key(fleet.front().record());
  ASSERT_TRUE(key);
  Pipeline pipeline(parts(), GetParam());
  std::unique_lock judging_stands_still((*key)->mutex);
  pipeline.start();
  Submission large = honest(fleet.front());
  large.runtime_list.resize(limits::kBatchedItemSizeMax);
  ASSERT_TRUE(inbox.offer(std::move(large)));
  for (unsigned i = 1; i <= 3; ++i) {
    ASSERT_TRUE(inbox.offer(honest(fleet[i])));
  }
  ASSERT_TRUE(engine.replies.wait_for(3));
  EXPECT_EQ(engine.state(fleet.front()).state, TrustState::kUnknown);
  judging_stands_still.unlock();
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), 4U);
  EXPECT_EQ(engine.replies.all().back().host, fleet.front().record().uid);
  for (unsigned i = 0; i <= 3; ++i) {
    EXPECT_EQ(engine.state(fleet[i]).state, TrustState::kTrusted);
    EXPECT_EQ(engine.state(fleet[i]).sequence, 1U);
  }
}

// Large or not, one answer to each challenge counts: that which is committed first.
TEST_P(PipelineTest, OneOfTwoAnswersCountsThoughOneIsLarge) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  for (const SoftwareHost& host : fleet) {
    Submission large = honest(host);
    Submission small = honest(host);  // to the same challenge: made before either is judged
    large.runtime_list.resize(limits::kBatchedItemSizeMax);
    ASSERT_TRUE(inbox.offer(std::move(large)));
    ASSERT_TRUE(inbox.offer(std::move(small)));
  }
  pipeline.drain();
  ASSERT_EQ(engine.replies.all().size(), 2 * kHosts);
  EXPECT_EQ(engine.counters.dropped_not_current.load(), kHosts);
  EXPECT_EQ(engine.counters.attestations.load(), kHosts);
  for (const SoftwareHost& host : fleet) {
    EXPECT_EQ(engine.state(host).sequence, 1U);
    EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  }
}

// All of them are judged by the policy of before, and wait behind the one who replaces it.
TEST_P(PipelineTest, Hostile_NothingInFlightIsKeptUnderAPolicyThatIsReplaced) {
  for (const std::string rules : {"[boot]\nbaselines = [\"none\"]\nno_baseline = \"fail\"\n",
                                  "[match]\nnames = [\"nobody\"]\n"}) {
    SmallEngine fresh(default_policy(), {baseline_of(SoftwareHost())});
    for (const SoftwareHost& host : fleet) {
      fresh.enrol(host);
    }
    Inbox waiting{limits::kInboxItemsMax, limits::kInboxBytesMax, 2};
    Pipeline pipeline({waiting, fresh.committer, fresh.hosts, *fresh.policies, fresh.store,
                       fresh.keys, fresh.counters, fresh.server_key},
                      GetParam());
    for (const SoftwareHost& host : fleet) {
      Submission submission = fresh.submission(host);
      submission.boot_log = host.log();
      ASSERT_TRUE(waiting.offer(std::move(submission)));
    }
    ASSERT_TRUE(fresh.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
      pipeline.start();  // not before: the inbox gives no third batch while two wait for a commit
      while (fresh.counters.times.policy.total() < kHosts) {
        std::this_thread::yield();
      }
      PolicyRequest request;
      request.apply = {"[policy]\nid = \"default\"\nversion = 2\n" + rules};
      IdentityUpdate update;
      update.policies = *fresh.policies->plan(request, view.now.wall);
      return update;
    }));
    pipeline.drain();
    for (const SoftwareHost& host : fleet) {
      const HostState state = fresh.state(host);
      EXPECT_EQ(state.sequence, 1U);
      EXPECT_NE(state.state, TrustState::kTrusted);
      const HistoryEntry kept = fresh.store.history(host.record().uid, 0, 1)->at(0);
      EXPECT_NE(kept.verdict.state, TrustState::kTrusted);
    }
    for (const Change& change : fresh.changes.all()) {
      EXPECT_NE(change.current, TrustState::kTrusted);
    }
    for (const Reply& reply : fresh.replies.all()) {
      EXPECT_EQ(reply.kind, ReplyKind::kReceipt);
    }
  }
}

// It is judged by the policy of before, whose place another one takes before it can be committed.
TEST_P(PipelineTest, Hostile_NoLargeItemIsKeptUnderAPolicyThatIsReplaced) {
  const SoftwareHost& host = fleet.front();
  const Result<std::shared_ptr<AttestationKey>> key = engine.keys.attestation_key(host.record());
  ASSERT_TRUE(key);
  std::unique_lock judging_stands_still((*key)->mutex);
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  Submission large = honest(host);
  large.runtime_list.resize(limits::kBatchedItemSizeMax);
  ASSERT_TRUE(inbox.offer(std::move(large)));
  while (inbox.depth() != 0) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // by now it waits for the key
  ASSERT_TRUE(engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
    PolicyRequest request;
    request.apply = {"[policy]\nid = \"default\"\nversion = 2\n[match]\nnames = [\"nobody\"]\n"};
    IdentityUpdate update;
    update.policies = *engine.policies->plan(request, view.now.wall);
    return update;
  }));
  judging_stands_still.unlock();
  pipeline.drain();
  EXPECT_NE(engine.state(host).state, TrustState::kTrusted);
  EXPECT_EQ(engine.counters.internal_errors.load(), 0U);
  ASSERT_EQ(engine.replies.all().size(), 1U);  // the host is told to come again, or judged anew
}

TEST_P(PipelineTest, DrainsWhatIsInsideAndMayBeCalledTwice) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  for (const SoftwareHost& host : fleet) {
    ASSERT_TRUE(inbox.offer(honest(host)));
  }
  pipeline.drain();
  EXPECT_EQ(engine.replies.all().size(), kHosts);
  EXPECT_EQ(inbox.offer(honest(fleet[0])).error().code, ErrorCode::kExpired);
  pipeline.drain();
}

TEST_P(PipelineTest, EndsWithoutHavingBeenStarted) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.drain();
}

// Delete and re-enrol while results are on their way: nothing of a former identity is left behind.
TEST_P(PipelineTest, DeleteRace_LateResultsResurrectNothing) {
  Pipeline pipeline(parts(), GetParam());
  pipeline.start();
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 0; i < kHosts; ++i) {
      ASSERT_TRUE(inbox.offer(honest(fleet[i])));
      if (i % 2 == 0) {
        ++fleet[i].record().generation;
        engine.put(fleet[i], true);
      }
    }
    ASSERT_TRUE(engine.replies.wait_for((static_cast<std::size_t>(round) + 1) * kHosts));
    for (unsigned i = 0; i < kHosts; i += 2) {
      const HostState state = engine.state(fleet[i]);
      EXPECT_EQ(state.generation, fleet[i].record().generation);
      EXPECT_EQ(state.state, TrustState::kUnknown);
    }
  }
  pipeline.drain();
}

}  // namespace
}  // namespace quotemill
