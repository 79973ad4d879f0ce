// Whole boots of simulated ESXi hosts, honest and with each fault: from the log's bytes to
// findings, against the answer that their generator gives.
#include <set>

#include <gmock/gmock.h>

#include "engine/appraise/appraise_esxi.h"
#include "engine/appraise/appraise_esxi_start.h"
#include "engine/verify/esxi_log_findings.h"
#include "tests/engine/esxi/image/model_images.h"
#include "tests/engine/esxi/log/esxi_scene.h"
#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::EsxiScene;
using ::testing::HasSubstr;
using testing::image_baseline;
using testing::image_of;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kQuoted = "[quote]\npcrs = [0, 4, 7, 8, 9, 11, 12, 13, 14]\n";

// `rules`: of [esxi], with what image 3 is started by; 3 is approved, 4 is known.
std::shared_ptr<const Snapshot> snapshot_of(const std::string& rules,
                                            const std::string& quoted = kQuoted) {
  const Result<Policy> policy =
      parse_policy(quoted + "[esxi]\nimage = \"fail\"\n" + rules, "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return Snapshot::compile(policy ? *policy : default_policy(),
                           {image_baseline(image_of(bench::esxi_image(3, 40)), true),
                            image_baseline(image_of(bench::esxi_image(4, 40)), false)});
}

std::string own_rules() {
  return esxi_rules_of(EsxiScene::model_of(EsxiFault::kNone));
}

Findings judge(const EsxiScene& scene, const Snapshot& snapshot, SoftwareMemo* memo = nullptr) {
  Findings findings = scene.findings();
  const SecureBootClaim claim = esxi_secure_boot(scene.proven());
  append(appraise_esxi(scene.boot(), claim, 0xFFFFFF, snapshot, memo), findings);
  return findings;
}

std::string words_of(const Findings& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += std::string(name_of(finding.severity)) + " " + std::string(name_of(finding.code)) +
           ": " + message_of(finding) + "\n";
  }
  return out;
}

// What is worse than information, each code once.
std::set<FindingCode> blamed(const Findings& findings) {
  const std::vector<FindingCode> codes =
      testing::codes(testing::at_least(Severity::kWarning, findings));
  return {codes.begin(), codes.end()};
}

// Exactly what the generator's answer names. A log that breaks in one place is out of order behind
// it, too.
void expect_answer(EsxiFault fault, const Findings& findings) {
  const bench::EsxiAnswer answer = answer_to(fault);
  std::set<FindingCode> expected(answer.appraised.begin(), answer.appraised.end());
  std::set<FindingCode> found = blamed(findings);
  if (answer.finding) {
    expected.insert(*answer.finding);
    if (expected.count(FindingCode::kEsxiImageUnknown) != 0) {
      expected.insert(FindingCode::kEsxiLogGrammar);
      found.insert(FindingCode::kEsxiLogGrammar);
    }
  }
  EXPECT_EQ(found, expected) << name_of(fault) << "\n" << words_of(findings);
  if (!answer.module.empty()) {
    EXPECT_THAT(words_of(findings), HasSubstr(std::string(answer.module))) << name_of(fault);
  }
}

TEST(EsxiFleet, AnHonestHostOfAnApprovedImageIsCleanAndNamed) {
  const Findings findings = judge(EsxiScene(), *snapshot_of(own_rules()));
  EXPECT_THAT(blamed(findings), IsEmpty()) << words_of(findings);
  EXPECT_THAT(words_of(findings), HasSubstr("the host booted image ESXi-"));
}

TEST(EsxiFleet, EveryFaultIsAnsweredExactlyAsItsGeneratorSays) {
  const auto snapshot = snapshot_of(own_rules());
  SoftwareMemo memo;
  std::size_t blamed_modules = 0;
  for (std::size_t number = 0; number < bench::kEsxiFaults; ++number) {
    const auto fault = static_cast<EsxiFault>(number);
    const Findings findings = judge(EsxiScene(fault), *snapshot, &memo);
    EXPECT_THAT(words_of(findings), Not(HasSubstr(std::string(bench::kTypedRecoveryKey))));
    blamed_modules += answer_to(fault).module.empty() ? 0U : 1U;
    if (!answer_to(fault).is_seen_by_quote) {  // else by verify_boot_log()
      expect_answer(fault, findings);
    }
  }
  EXPECT_GE(blamed_modules, 7U);
}

TEST(EsxiFleet, AFleetIsJudgedExactlyAsItsGeneratorKnows) {
  bench::EsxiFleetModel model;
  model.hosts = 150;
  model.images = 4;
  model.modules = 40;
  model.faulty_per_mille = 400;
  const bench::EsxiFleet fleet(model);
  std::vector<std::shared_ptr<const Baseline>> images;
  for (std::uint32_t i = 0; i < model.images; ++i) {
    images.push_back(image_baseline(image_of(fleet.image(i)), true));
  }
  SoftwareMemo memo;
  std::set<EsxiFault> seen;
  for (std::uint32_t i = 0; i < model.hosts; ++i) {
    const bench::EsxiBootModel host = fleet.host(i);
    const Result<Policy> policy = parse_policy(
        std::string(kQuoted) + "[esxi]\nimage = \"fail\"\n" + esxi_rules_of(host), "p.toml");
    ASSERT_TRUE(policy);
    seen.insert(host.fault);
    if (!answer_to(host.fault).is_seen_by_quote) {
      expect_answer(host.fault, judge(EsxiScene(host), *Snapshot::compile(*policy, images), &memo));
    }
  }
  EXPECT_GT(seen.size(), 20U);
}

// By default: a policy that lists neither loaders nor signers, as somebody writes who is new here.
TEST(EsxiFleet, NoAttackOnTheBootsOwnWordIsCleanUnderThePolicyOfANewcomer) {
  const auto snapshot = snapshot_of({});
  for (const EsxiFault fault :
       {EsxiFault::kOptionsLastAsSigner, EsxiFault::kOptionsInDer, EsxiFault::kModuleAsVersion,
        EsxiFault::kTextsAsVersion, EsxiFault::kNoRecords}) {
    EXPECT_EQ(worst_of(judge(EsxiScene(fault), *snapshot)), Severity::kFail) << name_of(fault);
  }
  const Findings other = judge(EsxiScene(EsxiFault::kOtherLoader), *snapshot);
  EXPECT_THAT(words_of(other), HasSubstr("warning esxi.loader.unpinned"));
}

TEST(EsxiFleet, WhoseKeysAreTrustedDecidesNothingOfSecureBoot) {
  for (std::size_t number = 0; number < bench::kEsxiFaults; ++number) {
    const EsxiScene scene(static_cast<EsxiFault>(number));
    const SecureBootClaim whole =
        claim_secure_boot(scene.proven(), claim_signature_databases(scene.proven()));
    const SecureBootClaim claim = esxi_secure_boot(scene.proven());
    EXPECT_EQ(claim.enabled, whole.enabled);
    EXPECT_EQ(claim.ground.standing, whole.ground.standing);
    EXPECT_EQ(claim.ground.because, whole.ground.because);
    EXPECT_EQ(claim.ground.events, whole.ground.events);
  }
}

TEST(EsxiFleet, ATestKeyFailsWhateverAPolicyAllows) {
  const EsxiScene scene(EsxiFault::kTestSigner);
  const std::string key = scene.boot().signers.front().digest.hex();
  const auto snapshot =
      snapshot_of("loader_unpinned = \"off\"\nsigner = \"off\"\nsigners = [\"" + key + "\"]\n");
  const Findings findings = judge(scene, *snapshot);
  EXPECT_EQ(blamed(findings), std::set{FindingCode::kEsxiSignerTest}) << words_of(findings);
  EXPECT_EQ(worst_of(findings), Severity::kFail);
  EXPECT_THAT(words_of(findings), HasSubstr("PCR 14, event "));
}

// ESXi 6.7 with TXT: PCR 17 to 21.
class EsxiLaunch : public ::testing::Test {
 protected:
  static bench::EsxiBootModel launched() {
    bench::EsxiBootModel model = EsxiScene::model_of(EsxiFault::kNone);
    model.is_launched = true;
    return model;
  }

  static std::shared_ptr<const Snapshot> snapshot(const std::string& rules) {
    return snapshot_of(rules, "[quote]\npcrs = [0, 7, 17, 18, 19, 20, 21]\n");
  }
};

TEST_F(EsxiLaunch, IsCleanIfItIsTheOneThatThePolicyLists) {
  const Findings findings = judge(EsxiScene(launched()), *snapshot(esxi_rules_of(launched())));
  EXPECT_THAT(blamed(findings), IsEmpty()) << words_of(findings);
  EXPECT_THAT(words_of(findings), HasSubstr("the host booted image ESXi-"));
}

// The log of a genuine launch behind another one.
TEST_F(EsxiLaunch, OfAnotherKindIsTold) {
  bench::EsxiBootModel other = launched();
  other.firmware = "9.9";
  const Findings findings = judge(EsxiScene(other), *snapshot(esxi_rules_of(launched())));
  EXPECT_EQ(blamed(findings), std::set{FindingCode::kEsxiLoader}) << words_of(findings);
  EXPECT_EQ(worst_of(findings), Severity::kFail);
  EXPECT_THAT(words_of(findings), HasSubstr("PCR 17, event "));
}

TEST_F(EsxiLaunch, ThatNoRuleAsksForIsNeverSilent) {
  const Findings findings = judge(EsxiScene(launched()), *snapshot({}));
  EXPECT_EQ(blamed(findings), std::set{FindingCode::kEsxiLoaderUnpinned}) << words_of(findings);
}

}  // namespace
}  // namespace quotemill
