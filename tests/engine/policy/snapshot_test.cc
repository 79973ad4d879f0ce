#include "engine/policy/snapshot.h"

#include <functional>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"
#include "tests/support/software_host.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using testing::SoftwareHost;

std::shared_ptr<Baseline> baseline(std::string name, std::uint32_t version) {
  const SoftwareHost host;
  const Bytes log = host.log();
  auto out = std::make_shared<Baseline>();
  out->name = std::move(name);
  out->version = version;
  out->events = reference_events(read_boot_log(log).log);
  return out;
}

SnapshotId id_of(const Policy& policy, const std::vector<std::shared_ptr<const Baseline>>& all) {
  return Snapshot::compile(policy, all)->id();
}

TEST(Snapshot, TakesTheNewestVersionOfEachNamedBaseline) {
  Policy policy = default_policy();
  policy.boot.baselines = {"b", "absent", "a"};
  const auto snapshot = Snapshot::compile(
      policy,
      {baseline("a", 1), baseline("b", 3), baseline("a", 2), baseline("c", 9), baseline("b", 2)});
  ASSERT_EQ(snapshot->baselines().size(), 2U);
  EXPECT_EQ(snapshot->baselines()[0]->name, "b");
  EXPECT_EQ(snapshot->baselines()[0]->version, 3U);
  EXPECT_EQ(snapshot->baselines()[1]->name, "a");
  EXPECT_EQ(snapshot->baselines()[1]->version, 2U);
  EXPECT_EQ(snapshot->policy().boot.baselines, policy.boot.baselines);
}

TEST(Snapshot, IdIsTheSameForTheSameContent) {
  EXPECT_EQ(id_of(default_policy(), {baseline("golden", 1)}),
            id_of(default_policy(), {baseline("golden", 1)}));
}

TEST(Snapshot, IdIgnoresBaselinesThatNobodyNames) {
  const SnapshotId plain = id_of(default_policy(), {baseline("golden", 2)});
  EXPECT_EQ(plain, id_of(default_policy(), {baseline("golden", 2), baseline("other", 1)}));
  EXPECT_EQ(plain, id_of(default_policy(), {baseline("golden", 1), baseline("golden", 2)}));
}

TEST(Snapshot, IdChangesWithPolicyAndBaselines) {
  const SnapshotId plain = id_of(default_policy(), {baseline("golden", 1)});
  EXPECT_NE(plain, id_of(default_policy(), {}));
  EXPECT_NE(plain, id_of(default_policy(), {baseline("golden", 2)}));
  const Policy policy = *parse_policy("[boot]\nmismatch = \"warn\"", "p");
  EXPECT_NE(plain, id_of(policy, {baseline("golden", 1)}));
}

TEST(ContentId, ChangesWithEverythingThatIsCompared) {
  const std::vector<std::function<void(Baseline&)>> changes = {
      [](Baseline& b) { b.name = "other"; },
      [](Baseline& b) { b.version = 7; },
      [](Baseline& b) { b.events.pop_back(); },
      [](Baseline& b) { std::swap(b.events[0], b.events[1]); },
      [](Baseline& b) { b.events[3].number = 99; },
      [](Baseline& b) { b.events[3].pcr = 22; },
      [](Baseline& b) { b.events[3].type = 5; },
      [](Baseline& b) { b.events[3].digests[1].writable()[31] ^= 1; },
      [](Baseline& b) { b.events[3].digests.pop_back(); },
      [](Baseline& b) { std::swap(b.events[3].digests[0], b.events[3].digests[1]); },
  };
  const Digest plain = content_id(*baseline("golden", 1));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto changed = baseline("golden", 1);
    changes[i](*changed);
    EXPECT_NE(content_id(*changed), plain) << i;
  }
}

TEST(ContentId, IgnoresWhereTheBaselineCameFrom) {
  const auto changed = baseline("golden", 1);
  changed->captured = {77};
  changed->source.bytes.fill(1);
  changed->source_name = "somewhere";
  EXPECT_EQ(content_id(*changed), content_id(*baseline("golden", 1)));
}

// The digests of one event and the next event must not be confused: event number 4 looks like
// TPM_ALG_SHA1 where a digest may follow.
TEST(ContentId, CannotConfuseADigestWithAnEvent) {
  Baseline one;
  one.events.resize(2);
  one.events[0].digests = {Digest(HashAlgorithm::kSha256)};
  one.events[1].number = 4;
  one.events[1].digests = {Digest(HashAlgorithm::kSha1)};
  Baseline other;
  other.events.resize(1);
  other.events[0].digests = {Digest(HashAlgorithm::kSha256), Digest(HashAlgorithm::kSha1)};
  EXPECT_NE(content_id(one), content_id(other));
}

TEST(ReferenceEvents, AreTheMeasuredEventsWithAllTheirDigests) {
  const SoftwareHost host;
  const Bytes log = host.log();
  const std::vector<ReferenceEvent> events = reference_events(read_boot_log(log).log);
  ASSERT_EQ(events.size(), host.boot.size()) << "without header and locality";
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].number, i + 2);
    EXPECT_EQ(events[i].pcr, host.boot[i].pcr);
    EXPECT_EQ(events[i].type, host.boot[i].type);
    EXPECT_THAT(events[i].digests,
                ElementsAre(hash(HashAlgorithm::kSha1, host.boot[i].measured),
                            hash(HashAlgorithm::kSha256, host.boot[i].measured)));
  }
}

}  // namespace
}  // namespace quotemill
