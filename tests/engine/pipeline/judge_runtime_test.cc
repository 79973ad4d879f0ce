// The runtime list (IMA) through judge() and the commit stage: what is asked for, what stands, what
// a host cannot get away with.
#include <algorithm>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/pipeline/judge.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr const char* kPolicy = R"(
[quote]
pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]
[ima]
unknown_file = "off"
no_reference = "off"
exclude = ["/tmp/.*"]
)";

class JudgeRuntime : public ::testing::Test {
 protected:
  JudgeRuntime() {
    host.selection.mask |= 1U << kImaPcr;
    host.files = {{"/usr/bin/bash", "bash"}, {"/usr/bin/ls", "ls"}};
    engine.enrol(host);
  }

  [[nodiscard]] const RuntimeProof& proof() const { return *state_.runtime; }

  // The whole way; the last state is kept.
  Reply attest() {
    const Reply reply = engine.attest(host);
    state_ = engine.state(host);
    return reply;
  }

  SoftwareHost host;
  SmallEngine engine{policy_of(kPolicy), {baseline_of(SoftwareHost())}};
  HostState state_;
};

TEST_F(JudgeRuntime, BothLogsAreAskedForAtOnce) {
  const Judgement judgement = engine.judge(engine.submission(host));
  ASSERT_EQ(judgement.kind, JudgementKind::kNeedLog);
  EXPECT_TRUE(judgement.need.boot_log);
  EXPECT_EQ(judgement.need.runtime_from, 0U);
}

TEST_F(JudgeRuntime, AProvenListIsTrusted) {
  EXPECT_EQ(attest().kind, ReplyKind::kReceipt);
  EXPECT_EQ(state_.state, TrustState::kTrusted) << message_of(state_.verdict.findings.at(0));
  EXPECT_EQ(proof().list.progress.entries(), 3U);
  EXPECT_EQ(proof().list.proven_size, host.runtime_list().size());
}

TEST_F(JudgeRuntime, AQuoteIsEnoughWhileNothingWasMeasured) {
  attest();
  const Judgement judgement = engine.judge(engine.submission(host));
  EXPECT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kTrusted);
  EXPECT_EQ(judgement.runtime, engine.state(host).runtime) << "nothing was read again";
}

TEST_F(JudgeRuntime, OnlyWhatIsNewIsAskedFor) {
  attest();
  const std::size_t before = host.runtime_list().size();
  host.files.emplace_back("/usr/bin/cat", "cat");
  const Judgement judgement = engine.judge(engine.submission(host));
  ASSERT_EQ(judgement.kind, JudgementKind::kNeedLog);
  EXPECT_FALSE(judgement.need.boot_log) << "the boot is as it was proven";
  EXPECT_EQ(judgement.need.runtime_from, before);
  attest();
  EXPECT_EQ(state_.state, TrustState::kTrusted);
  EXPECT_EQ(proof().list.progress.entries(), 4U);
}

TEST_F(JudgeRuntime, AListThatIsNotWhatWasMeasuredFails) {
  const SoftwareHost honest = host;
  host.files[1].second = "trojan";
  Submission submission = engine.submission(host);
  submission.boot_log = host.log();
  submission.runtime_from = 0;
  submission.runtime_list = honest.runtime_list();
  const Judgement judgement = engine.judge(submission);
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_EQ(judgement.verdict.state, TrustState::kFailed);
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kImaMismatch));
}

TEST_F(JudgeRuntime, AWithheldEntryFailsAndTheHostRecoversByShowingIt) {
  attest();
  const SoftwareHost before = host;
  host.files.emplace_back("/tmp/evil", "evil");
  Submission submission = engine.submission(host);
  submission.runtime_from = proof().list.proven_size;  // and nothing behind it
  engine.commit(engine.judge(submission));
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kImaMismatch));
  attest();
  EXPECT_EQ(state_.state, TrustState::kTrusted) << "excluded, and shown";
}

TEST_F(JudgeRuntime, WhatWasListedAndNotProvenIsAskedForThoughPcr10IsAsItWas) {
  Submission submission = engine.submission(host);
  host.files.emplace_back("/usr/bin/cat", "cat");  // listed after the quote
  submission.boot_log = host.log();
  submission.runtime_from = 0;
  submission.runtime_list = host.runtime_list();
  host.files.pop_back();
  engine.commit(engine.judge(submission));
  ASSERT_EQ(engine.state(host).runtime->list.unproven(), 1U);
  EXPECT_EQ(engine.judge(engine.submission(host)).kind, JudgementKind::kNeedLog);
  attest();
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kImaBehind));
}

TEST_F(JudgeRuntime, AResetOrANewBootIdAloneBeginsAnew) {
  attest();
  ++host.clock.reset_count;
  EXPECT_EQ(engine.judge(engine.submission(host)).need.runtime_from, 0U);
  --host.clock.reset_count;
  host.boot_id[0] ^= 1U;
  EXPECT_EQ(engine.judge(engine.submission(host)).need.runtime_from, 0U);
}

TEST_F(JudgeRuntime, ARebootBeginsAnew) {
  attest();
  ++host.clock.reset_count;
  host.boot_id[0] ^= 1U;
  host.files.pop_back();
  const Judgement judgement = engine.judge(engine.submission(host));
  ASSERT_EQ(judgement.kind, JudgementKind::kNeedLog);
  EXPECT_EQ(judgement.need.runtime_from, 0U);
  attest();
  EXPECT_EQ(state_.state, TrustState::kTrusted);
  EXPECT_EQ(proof().list.progress.entries(), 2U);
}

TEST_F(JudgeRuntime, TheListOfAnotherBootFails) {
  host.boot.push_back(testing::measured(4, event_type::kEfiBootServicesApplication, "other"));
  const SoftwareHost other = host;
  host.boot.pop_back();
  // The same files behind another boot_aggregate: PCR 10 of the list is proven, the boot is not it.
  Submission submission = engine.submission(host, [&](testing::EvidenceDraft& draft) {
    draft.quoted.at(0).set(kImaPcr, other.pcrs(HashAlgorithm::kSha256, 1U << kImaPcr).at(kImaPcr));
    draft.sent = draft.quoted;
  });
  submission.boot_log = host.log();
  submission.runtime_from = 0;
  submission.runtime_list = other.runtime_list();
  const Judgement judgement = engine.judge(submission);
  ASSERT_EQ(judgement.kind, JudgementKind::kVerdict);
  EXPECT_THAT(codes(judgement.verdict.findings), Contains(FindingCode::kImaBootAggregate));
}

TEST_F(JudgeRuntime, AHostThatMeasuresNothingIsToldSo) {
  host.files.clear();
  attest();
  EXPECT_EQ(state_.state, TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kImaAbsent));
}

TEST_F(JudgeRuntime, EvidenceForAnotherPlaceOfTheListIsAskedForAnew) {
  attest();
  host.files.emplace_back("/usr/bin/cat", "cat");
  Submission submission = engine.submission(host);
  submission.runtime_from = 0;
  submission.runtime_list = host.runtime_list();
  EXPECT_EQ(engine.judge(submission).kind, JudgementKind::kNeedLog);
}

TEST(JudgeRuntimeRules, UnknownFilesAreNamedOnceAndStayUntilTheNextBoot) {
  SoftwareHost host;
  host.selection.mask |= 1U << kImaPcr;
  host.files = {{"/usr/bin/bash", "bash"}};
  SmallEngine engine(policy_of("[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]\n[ima]\n"
                               "signatures = \"all\"\nno_reference = \"fail\""),
                     {baseline_of(SoftwareHost())});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kImaReferencesAbsent));
  const std::vector<FindingCode> first = engine.blame(host);
  host.files.emplace_back("/usr/bin/ls", "ls");
  engine.attest(host);
  EXPECT_EQ(engine.blame(host), first) << "what was found stays, and is not found twice";
}

std::shared_ptr<const Baseline> files_baseline(
    const std::vector<std::pair<std::string, std::string>>& files) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "debian";
  baseline->file.emplace();
  for (const auto& [path, content] : files) {
    ReferenceValue value;
    value.kind = ReferenceKind::kFile;
    value.name = path;
    value.digest = hash(HashAlgorithm::kSha256, as_bytes(content));
    value.source = "coreutils 9.1";
    baseline->values.push_back(std::move(value));
  }
  std::sort(baseline->values.begin(), baseline->values.end(), in_value_order);
  return baseline;
}

TEST(JudgeRuntimeRules, FilesAreHeldAgainstImportedBaselines) {
  SoftwareHost host;
  host.selection.mask |= 1U << kImaPcr;
  host.files = {{"/usr/bin/bash", "bash"}, {"/usr/bin/ls", "ls"}};
  SmallEngine engine(policy_of("[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]\n[ima]\n"
                               "references = [\"debian\"]\nunknown_file = \"fail\""),
                     {baseline_of(SoftwareHost()), files_baseline(host.files)});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  host.files.emplace_back("/usr/bin/ls", "trojan");
  engine.attest(host);
  ASSERT_THAT(engine.blame(host), ElementsAre(FindingCode::kImaFileDigest));
  const Finding found = engine.state(host).verdict.findings.at(0);
  EXPECT_EQ(found.event, 3U);
  EXPECT_EQ(found.expected, hash(HashAlgorithm::kSha256, as_bytes("ls")));
  host.files.emplace_back("/opt/unknown", "unknown");
  engine.attest(host);
  EXPECT_THAT(engine.blame(host),
              ElementsAre(FindingCode::kImaFileDigest, FindingCode::kImaFileUnknown));
}

TEST(JudgeRuntimeRules, ASetThatIsNotThereIsNamed) {
  SoftwareHost host;
  host.selection.mask |= 1U << kImaPcr;
  host.files = {{"/usr/bin/bash", "bash"}};
  SmallEngine engine(policy_of("[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]\n[ima]\n"
                               "references = [\"debian\"]\nno_reference = \"fail\""),
                     {baseline_of(SoftwareHost())});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_THAT(engine.blame(host), Contains(FindingCode::kImaReferencesAbsent));
  EXPECT_EQ(engine.state(host).state, TrustState::kFailed);
}

TEST(JudgeRuntimeRules, WithoutPcr10NothingIsAskedFor) {
  SoftwareHost host;
  SmallEngine engine(default_policy(), {baseline_of(SoftwareHost())});
  engine.enrol(host);
  engine.attest(host);
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted);
  EXPECT_EQ(engine.state(host).runtime, nullptr);
}

}  // namespace
}  // namespace quotemill
