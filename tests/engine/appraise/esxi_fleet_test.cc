// Whole boots of simulated ESXi hosts, honest and with each fault: from the log's bytes to
// findings, against the answer that their generator gives.
#include <gmock/gmock.h>

#include "engine/appraise/appraise_esxi.h"
#include "engine/verify/esxi_log_findings.h"
#include "tests/engine/esxi/image/model_images.h"
#include "tests/engine/esxi/log/esxi_scene.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::EsxiScene;
using testing::image_baseline;
using testing::image_of;

// Asks for the approved image and its signer.
std::shared_ptr<const Snapshot> snapshot_of(const EsxiScene& honest) {
  const Result<Policy> policy = parse_policy(
      "[quote]\npcrs = [0, 7, 11, 12, 13, 14]\n[esxi]\nimage = \"fail\"\nsigners = [\"" +
          honest.boot().signers.front().digest.hex() + "\"]\n",
      "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return Snapshot::compile(policy ? *policy : default_policy(),
                           {image_baseline(image_of(bench::esxi_image(3, 40)), true),
                            image_baseline(image_of(bench::esxi_image(4, 40)), false)});
}

Findings judge(const EsxiScene& scene, const Snapshot& snapshot, SoftwareMemo& memo) {
  Findings findings = scene.findings();
  const SecureBootClaim claim =
      claim_secure_boot(scene.proven(), claim_signature_databases(scene.proven()));
  for (Finding& finding : appraise_esxi(scene.boot(), claim, 0xFFFFFF, snapshot, &memo)) {
    findings.push_back(std::move(finding));
  }
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

TEST(EsxiFleet, AnHonestHostOfAnApprovedImageIsCleanAndNamed) {
  const EsxiScene honest;
  SoftwareMemo memo;
  const Findings findings = judge(honest, *snapshot_of(honest), memo);
  EXPECT_EQ(worst_of(findings), Severity::kInfo) << words_of(findings);
  EXPECT_THAT(words_of(findings), ::testing::HasSubstr("the host booted image ESXi-"));
}

TEST(EsxiFleet, EveryFaultIsAnsweredAsItsGeneratorSays) {
  const EsxiScene honest;
  const auto snapshot = snapshot_of(honest);
  SoftwareMemo memo;
  std::size_t blamed = 0;
  for (std::size_t number = 0; number < bench::kEsxiFaults; ++number) {
    const auto fault = static_cast<EsxiFault>(number);
    const bench::EsxiAnswer answer = answer_to(fault);
    const EsxiScene scene(fault);
    const Findings findings = judge(scene, *snapshot, memo);
    if (answer.is_seen_by_quote) {
      continue;  // the replay is not what was quoted: verify_boot_log()
    }
    const bool is_clean = fault == EsxiFault::kNone || fault == EsxiFault::kSecretTyped;
    EXPECT_EQ(worst_of(findings) == Severity::kFail, !is_clean && fault != EsxiFault::kUnknownTag)
        << name_of(fault) << "\n"
        << words_of(findings);
    EXPECT_EQ(worst_of(findings) == Severity::kInfo, fault == EsxiFault::kNone)
        << name_of(fault) << "\n"
        << words_of(findings);
    EXPECT_THAT(words_of(findings),
                ::testing::Not(::testing::HasSubstr(std::string(bench::kTypedRecoveryKey))));
    if (!answer.module.empty()) {
      EXPECT_THAT(words_of(findings), ::testing::HasSubstr(std::string(answer.module)))
          << name_of(fault);
      ++blamed;
    }
  }
  EXPECT_GE(blamed, 3U);
}

}  // namespace
}  // namespace quotemill
