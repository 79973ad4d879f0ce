#include "engine/appraise/compare_references.h"

#include <gmock/gmock.h>

#include "engine/appraise/appraise.h"
#include "engine/crypto/hash.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using testing::at_least;
using testing::codes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::measured;
using ::testing::Not;
using testing::QuoteCheck;
using testing::SoftwareHost;

class CompareReferences : public ::testing::Test {
 protected:
  CompareReferences() {
    policy = *parse_policy(
        "[boot]\nbaselines = []\nreferences = [\"shim\", \"grub\"]\n"
        "reference_events = [4, 9]\n",
        "test");
    // All that the honest host boots, in two sets.
    const Bytes log = host.log();
    for (const BootEvent& event : read_boot_log(log).log.events) {
      if (event.is_measured() && (event.pcr == 4 || event.pcr == 9)) {
        know(event.pcr == 4 ? "shim" : "grub", event.digest(HashAlgorithm::kSha256), event.pcr);
      }
    }
    for (const char* const name : {"shim", "grub"}) {
      sets.try_emplace(name);
    }
  }

  void know(const std::string& set, ByteView digest, std::optional<std::uint32_t> pcr,
            ReferenceKind kind = ReferenceKind::kEvent) {
    ReferenceValue value;
    value.digest = *Digest::from(HashAlgorithm::kSha256, digest);
    value.kind = kind;
    value.pcr = pcr;
    sets[set].values.push_back(value);
  }

  std::vector<FindingCode> blame() {
    std::vector<std::shared_ptr<const Baseline>> all;
    for (auto& [name, set] : sets) {
      set.name = name;
      std::sort(set.values.begin(), set.values.end(), in_value_order);
      all.push_back(std::make_shared<const Baseline>(set));
    }
    const Challenge challenge = host.challenge();
    const QuoteCheck check(host, challenge, host.draft(challenge).seal());
    const Bytes log = host.log();
    const VerifiedEvidence evidence = verify_boot_log(check.quote(), log);
    findings = appraise_boot(evidence, *Snapshot::compile(policy, all));
    return codes(at_least(Severity::kWarning, findings));
  }

  SoftwareHost host;
  Policy policy;
  std::map<std::string, Baseline> sets;
  Findings findings;
};

TEST_F(CompareReferences, FindsNothingBadInABootOfKnownThings) {
  EXPECT_THAT(blame(), IsEmpty());
}

TEST_F(CompareReferences, NamesWhatWasLoadedAndIsInNoSet) {
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "evil"));
  ASSERT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown));
  EXPECT_EQ(findings.back().pcr, 4U);
  EXPECT_EQ(findings.back().digest, hash(HashAlgorithm::kSha256, as_bytes("evil")));
  EXPECT_EQ(findings.back().severity, Severity::kFail);
}

TEST_F(CompareReferences, WhatIsKnownForAnotherPcrIsUnknownHere) {
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "tool"));
  const Digest tool = hash(HashAlgorithm::kSha256, as_bytes("tool"));
  know("shim", tool.view(), 9);
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown));
  know("grub", tool.view(), 4);
  EXPECT_THAT(blame(), IsEmpty());
}

TEST_F(CompareReferences, OtherPcrsAreNotAsked) {
  host.boot.push_back(measured(5, event_type::kEfiAction, "anything"));
  EXPECT_THAT(blame(), IsEmpty());
}

// The type is not measured: an application relabelled as an action must not pass for its label.
TEST_F(CompareReferences, AnActionNeedsNoReferenceAndAnythingInItsClothesDoes) {
  host.boot.push_back(measured(4, event_type::kEfiAction, "Calling EFI Application"));
  host.boot.push_back(measured(4, event_type::kSeparator, std::string(4, '\0')));
  EXPECT_THAT(blame(), IsEmpty());
  host.boot.push_back(measured(4, event_type::kEfiAction, std::string("MZ\x90\x00 code", 9)));
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown)) << "no text";
  host.boot.back() = measured(4, event_type::kEfiAction, std::string(1000, 'x'));
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown)) << "too long";
  host.boot.back() = measured(4, event_type::kSeparator, "evil code");
  EXPECT_THAT(blame(), Contains(FindingCode::kBootReferenceUnknown)) << "no separator";
}

TEST_F(CompareReferences, Hostile_BehindTheFirmwareATextIsWhatWasLoaded) {
  host.boot.push_back(measured(9, event_type::kEfiAction, "set root=(hd1,gpt1)"));
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown));
  host.boot.back() = measured(9, event_type::kSeparator, "WBCL");
  EXPECT_THAT(blame(), IsEmpty());
}

TEST_F(CompareReferences, Hostile_FourBytesAreNoSeparatorByTheirNumber) {
  for (const std::string& data : {std::string("\x01\0\0\0", 4), std::string("evil")}) {
    host.boot.push_back(measured(9, event_type::kSeparator, data));
    EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown)) << data;
    host.boot.pop_back();
  }
}

TEST_F(CompareReferences, SaysWhatThePolicyAllowsInstead) {
  const auto allow = [this](const char* version) {
    ReferenceValue value;
    value.digest = hash(HashAlgorithm::kSha256, as_bytes(version));
    value.kind = ReferenceKind::kEvent;
    value.pcr = 4;
    value.name = "EFI/debian/Tool.efi.signed";
    value.version = version;
    sets["shim"].values.push_back(value);
  };
  allow("15.7");
  allow("15.8");
  host.boot.push_back({4, event_type::kEfiBootServicesApplication, to_bytes(as_bytes("evil")),
                       testing::image_load(testing::file_path("\\EFI\\BOOT\\tool.efi"))});
  ASSERT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown));
  EXPECT_THAT(message_of(findings.back()),
              ::testing::EndsWith("; policy allows EFI/debian/Tool.efi.signed 15.7, "
                                  "EFI/debian/Tool.efi.signed 15.8"));
  for (const char* const version : {"1", "2", "3"}) {
    allow(version);
  }
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceUnknown));
  EXPECT_THAT(message_of(findings.back()), ::testing::EndsWith(" and 1 more"));
}

TEST_F(CompareReferences, ASetThatIsNotThereKnowsNothing) {
  sets.erase("shim");
  const std::vector<FindingCode> found = blame();
  EXPECT_THAT(found, Contains(FindingCode::kBootReferenceAbsent));
  EXPECT_THAT(found, Contains(FindingCode::kBootReferenceUnknown)) << "fails closed";
}

TEST_F(CompareReferences, ARetiredSetIsNotThere) {
  sets["shim"].retired = {1};
  EXPECT_THAT(blame(), Contains(FindingCode::kBootReferenceAbsent));
}

TEST_F(CompareReferences, HoldsThePcrsValueAgainstTheSets) {
  policy = *parse_policy(
      "[boot]\nbaselines = []\nreferences = [\"shim\"]\nreference_events = []\n"
      "reference_values = [0]\n",
      "test");
  ASSERT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceValue));
  const Digest value = *findings.back().digest;
  know("shim", value.view(), 0, ReferenceKind::kEvent);
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kBootReferenceValue)) << "an event is no value";
  know("shim", value.view(), 0, ReferenceKind::kPcr);
  EXPECT_THAT(blame(), IsEmpty());
}

TEST_F(CompareReferences, TakesTheSeverityOfThePolicyAndIsNeverSilentlyFine) {
  host.boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "evil"));
  policy.boot.unreferenced = RuleAction::kWarn;
  blame();
  EXPECT_EQ(worst_of(findings), Severity::kWarning);
  policy.boot.unreferenced = RuleAction::kOff;
  EXPECT_THAT(blame(), ElementsAre(FindingCode::kPolicyNoRule));
}

}  // namespace
}  // namespace quotemill
