// What administrators of ESXi hosts read, from evidence and state: every row of the catalogue is
// brought about by a host, a log or time, never by asking the table.
#include "engine/verdict/esxi_attestation.h"

#include <map>
#include <set>

#include <gmock/gmock.h>

#include "engine/base/byte_writer.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/verdict/esxi_messages.h"
#include "tests/engine/pipeline/esxi_engine.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::EsxiEngine;
using testing::EvidenceDraft;
using ::testing::HasSubstr;
using testing::image_baseline;
using testing::image_of;

using ChangeImage = std::function<void(bench::EsxiImageModel&)>;

// The state of a host after one attestation.
HostState attested(EsxiEngine& engine) {
  engine.attest();
  return engine.state();
}

HostState with_fault(EsxiFault fault) {
  EsxiEngine engine;
  engine.model.fault = fault;
  engine.model.asset_tag.clear();
  return attested(engine);
}

HostState with_rules(const std::string& rules) {
  EsxiEngine engine(rules);
  return attested(engine);
}

HostState with_baselines(std::vector<std::shared_ptr<const Baseline>> baselines,
                         const std::string& rules = {}) {
  EsxiEngine engine(rules, std::move(baselines));
  return attested(engine);
}

// The host's own image differs from the approved one.
HostState with_image(const ChangeImage& change) {
  EsxiEngine engine;
  bench::EsxiImageModel image = *engine.model.image;
  change(image);
  engine.model.image = std::make_shared<const bench::EsxiImageModel>(std::move(image));
  return attested(engine);
}

bench::EsxiBootFile& file(bench::EsxiImageModel& image, std::string_view name) {
  return *std::find_if(image.files.begin(), image.files.end(),
                       [name](const bench::EsxiBootFile& each) { return each.name == name; });
}

HostState with_draft(const testing::ChangeDraft& change) {
  EsxiEngine engine;
  engine.attest(change);
  return engine.state();
}

// After an honest attestation.
HostState with_second_draft(const testing::ChangeDraft& change) {
  EsxiEngine engine;
  engine.attest();
  engine.engine.clock.advance(1'000);
  engine.attest(change);
  return engine.state();
}

// An event of the kernel behind the others: TCG_PCR_EVENT2 with a tag.
void append_kernel_text(std::string_view text, bench::EsxiBootLog& booted) {
  ByteWriter out;
  out.u32_le(14).u32_le(6).u32_le(2);
  for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
    out.u16_le(static_cast<std::uint16_t>(bank)).bytes(hash(bank, as_bytes(text)).view());
  }
  const auto size = static_cast<std::uint32_t>(text.size());
  out.u32_le(8 + size).u32_le(5).u32_le(size).bytes(as_bytes(text));
  for (Bytes* const log : {&booted.log, &booted.measured}) {
    log->insert(log->end(), out.view().begin(), out.view().end());
  }
}

HostState with_disagreeing_kernel() {
  EsxiEngine engine;
  engine.change_boot = [](bench::EsxiBootLog& booted) {
    append_kernel_text("uefiSecureBootEnabled = FALSE", booted);
  };
  return attested(engine);
}

// Firmware whose SHA-256 bank is off: its log has SHA-1 alone.
HostState with_log_of_sha1() {
  EsxiEngine engine;
  bench::EsxiBootModel sha1 = engine.model;
  sha1.banks = {HashAlgorithm::kSha1};
  engine.change_boot = [sha1](bench::EsxiBootLog& booted) {
    booted.log = bench::write_esxi_boot_log(sha1).log;
  };
  return attested(engine);
}

HostState with_quote_of_sha1() {
  EsxiEngine engine({}, testing::model_images(), "bank = \"sha1\"\nweak_algorithm = \"warn\"\n");
  engine.attest();
  return engine.state();
}

std::vector<std::shared_ptr<const Baseline>> approved_and(BaseImage other, bool is_approved) {
  return {image_baseline(image_of(bench::esxi_image(3, 40)), true),
          image_baseline(std::move(other), is_approved)};
}

BaseImage vib_of_evil() {
  BaseImage image;
  image.name = "evil";
  image.vibs = {{"evil-tools", "1", "Somebody", AcceptanceLevel::kCommunity, {}}};
  image.vibs[0].payloads = {{"evil", "evil.v00", hash(HashAlgorithm::kSha256, as_bytes("evil"))}};
  return image;
}

HostState with_extra_vib() {
  EsxiEngine engine({}, approved_and(vib_of_evil(), false));
  engine.model.fault = EsxiFault::kExtraModule;
  return attested(engine);
}

HostState with_vib_of_nobody() {
  EsxiEngine engine("min_acceptance = \"partner\"\n", approved_and(vib_of_evil(), true));
  engine.model.fault = EsxiFault::kExtraModule;
  return attested(engine);
}

HostState imported() {
  EsxiEngine engine;
  engine.host.record().admitted_by = "imported:alice";
  engine.engine.put(engine.host, true);
  engine.attest();
  return engine.state();
}

HostState without_log() {
  EsxiEngine engine;
  engine.attest([](EvidenceDraft& draft) { draft.header.boot_log_bytes = 0; });
  return engine.state();
}

HostState with_withheld_log() {
  EsxiEngine engine;
  engine.attest({},
                [](Submission& submission) { submission.foregone = FindingCode::kLogWithheld; });
  return engine.state();
}

// The baseline that 'golden' names is of the host's own boot, and its firmware is updated then.
HostState with_other_firmware() {
  EsxiEngine pattern;
  auto golden = std::make_shared<Baseline>();
  golden->name = "golden";
  const bench::EsxiBootLog good = pattern.boot();
  golden->events = reference_events(read_boot_log(good.log).log);
  std::vector<std::shared_ptr<const Baseline>> baselines = testing::model_images();
  baselines.push_back(golden);
  EsxiEngine engine({}, std::move(baselines));
  engine.model.firmware = "2.0";
  return attested(engine);
}

// As somebody writes it who lists nothing of what starts a host.
HostState with_nothing_pinned() {
  EsxiEngine engine("loader_unpinned = \"warn\"\n");
  return attested(engine);
}

constexpr std::uint32_t kSetupPcr = 6;  // of which the simulated firmware measures its separator

Bytes without_pcr(ByteView log, std::uint32_t pcr) {
  const BootLogReading reading = read_boot_log(log);
  BootLogWriter out(BootLogFormat::kCryptoAgile, reading.log.banks);
  for (const BootEvent& event : reading.log.events) {
    if (!event.is_measured() || event.pcr == pcr) {
      continue;
    }
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : reading.log.banks) {
      digests.push_back(*Digest::from(bank, event.digest(bank)));
    }
    out.event_with_digests(event.pcr, event.type, digests, event.data);
  }
  return to_bytes(out.bytes());
}

// `is_unmeasured`: the TPM holds none of them, either.
HostState without_events_of(std::uint32_t pcr, bool is_unmeasured) {
  EsxiEngine engine;
  engine.change_boot = [=](bench::EsxiBootLog& booted) {
    booted.log = without_pcr(booted.log, pcr);
    booted.measured = is_unmeasured ? booted.log : booted.measured;
  };
  return attested(engine);
}

HostState silent() {
  EsxiEngine engine;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  return engine.state();
}

using Scenario = std::function<HostState()>;

std::map<FindingCode, Scenario> scenarios() {
  const auto fault = [](EsxiFault which) { return [which] { return with_fault(which); }; };
  const auto rules = [](const char* text) { return [text] { return with_rules(text); }; };
  using Code = FindingCode;
  return {
      {Code::kQuoteSelection,
       [] { return with_draft([](EvidenceDraft& draft) { draft.selections[0].mask = 1; }); }},
      {Code::kQuoteSignature,
       [] {
         return with_draft([](EvidenceDraft& draft) {
           draft.change_signature = [](Bytes& bytes) { bytes.back() ^= 1; };
         });
       }},
      {Code::kQuoteMalformed,
       [] {
         return with_draft([](EvidenceDraft& draft) {
           draft.change_attest = [](Bytes& bytes) { bytes.resize(20); };
         });
       }},
      {Code::kQuoteNonce,
       [] { return with_draft([](EvidenceDraft& draft) { draft.nonce[0] ^= 1; }); }},
      {Code::kQuotePcrDigest,
       [] {
         return with_draft([](EvidenceDraft& draft) {
           draft.sent[0].set(13, hash(HashAlgorithm::kSha256, as_bytes("another")));
         });
       }},
      {Code::kQuoteClockBackwards,
       [] { return with_second_draft([](EvidenceDraft& draft) { draft.clock.clock_ms = 1; }); }},
      {Code::kBootCountersBackwards,
       [] {
         return with_second_draft([](EvidenceDraft& draft) {
           draft.clock.reset_count -= 1;
           draft.clock.clock_ms += 1'000;
         });
       }},
      {Code::kTpmCleared,
       [] {
         return with_second_draft([](EvidenceDraft& draft) {
           draft.clock.reset_count = 0;
           draft.clock.clock_ms = 1;
         });
       }},
      {Code::kTpmFirmwareChanged,
       [] { return with_second_draft([](EvidenceDraft& draft) { draft.firmware_version += 1; }); }},
      {Code::kIdentityImported, imported},
      {Code::kLogAbsent, without_log},
      {Code::kLogWithheld, with_withheld_log},
      {Code::kLogMalformed, fault(EsxiFault::kTruncated)},
      {Code::kLogMismatch, fault(EsxiFault::kEventsDropped)},
      {Code::kLogBankMissing, with_log_of_sha1},
      {Code::kEsxiLogGrammar, fault(EsxiFault::kOptionsAsCommandLine)},
      {Code::kEsxiLogMalformed, fault(EsxiFault::kNulInName)},
      {Code::kEsxiLogData, fault(EsxiFault::kDataChanged)},
      {Code::kEsxiLogTagUnknown, fault(EsxiFault::kUnknownTag)},
      {Code::kEsxiLogBank, with_quote_of_sha1},
      {Code::kEsxiLogTooLong, fault(EsxiFault::kTooLong)},
      {Code::kEsxiLogSecret, fault(EsxiFault::kSecretTyped)},
      {Code::kEsxiLogSecureBoot, with_disagreeing_kernel},
      {Code::kEsxiImageUnknown, [] { return with_baselines({}); }},
      {Code::kEsxiImagesAbsent, [] { return with_baselines({}); }},
      {Code::kEsxiImageNotApproved,
       [] { return with_baselines({image_baseline(image_of(bench::esxi_image(3, 40)), false)}); }},
      {Code::kEsxiImageMixed, fault(EsxiFault::kMixedImage)},
      {Code::kEsxiModuleUnknown, fault(EsxiFault::kExtraModule)},
      {Code::kEsxiModuleChanged, fault(EsxiFault::kChangedModule)},
      {Code::kEsxiModuleMissing, fault(EsxiFault::kMissingModule)},
      {Code::kEsxiModuleExtra, with_extra_vib},
      {Code::kEsxiModuleRenamed,
       [] {
         return with_image(
             [](bench::EsxiImageModel& image) { file(image, "vmx.v00").name = "vmy.v00"; });
       }},
      {Code::kEsxiOptions,
       [] {
         return with_image(
             [](bench::EsxiImageModel& image) { file(image, "jumpstrt.gz").content = {'x'}; });
       }},
      {Code::kEsxiDatabase,
       [] { return with_image([](bench::EsxiImageModel& image) { image.database = {'x'}; }); }},
      {Code::kEsxiVersionConflict,
       [] { return with_image([](bench::EsxiImageModel& image) { image.version = "9.0.0"; }); }},
      {Code::kEsxiVersionNotApproved, rules("min_version = \"9.0\"\n")},
      {Code::kEsxiVersionUnknown, [] { return with_baselines({}, "min_version = \"8.0\"\n"); }},
      {Code::kEsxiVibDenied, rules("deny_vibs = [\"i40en\"]\n")},
      {Code::kEsxiVibAcceptance, with_vib_of_nobody},
      {Code::kEsxiSecureBoot, fault(EsxiFault::kSecureBootOff)},
      {Code::kEsxiLoader, fault(EsxiFault::kOtherLoader)},
      {Code::kEsxiAuthority, fault(EsxiFault::kOtherAuthority)},
      {Code::kEsxiLoaderUnpinned, with_nothing_pinned},
      {Code::kBootEventDigestUnknown, with_other_firmware},
      {Code::kBootPcrUnextended, [] { return without_events_of(kSetupPcr, true); }},
      {Code::kLogNoEvents, [] { return without_events_of(kSetupPcr, false); }},
      {Code::kEsxiSignerUnknown,
       rules("signers = [\"0000000000000000000000000000000000000000000000000000000000000000\"]\n")},
      {Code::kEsxiExecInstalledOnly, rules("exec_installed_only = \"warn\"\n")},
      {Code::kEsxiCommandLine, rules("cmdline_allow = [\"runweasel\"]\n")},
      {Code::kEsxiAssetTag, rules("asset_tags = [\"rack-1\"]\n")},
      {Code::kStaleNoContact, silent},
  };
}

bool has(const HostState& state, FindingCode code) {
  const Findings& findings = state.verdict.findings;
  return std::any_of(findings.begin(), findings.end(),
                     [code](const Finding& finding) { return finding.code == code; });
}

// Rows of what any host can be red or yellow by: who finds it has tests for it, of any host.
const std::set<FindingCode>& found_of_any_host() {
  using Code = FindingCode;
  static const std::set<Code> kCodes = {Code::kEvidenceMalformed,
                                        Code::kEvidenceIdentity,
                                        Code::kQuotePcrValues,
                                        Code::kQuoteWeakAlgorithm,
                                        Code::kQuoteNonceReused,
                                        Code::kQuoteClockLag,
                                        Code::kQuoteClockUnsafe,
                                        Code::kIdentityChanged,
                                        Code::kIdentityRetired,
                                        Code::kBootResetUnreported,
                                        Code::kBootKexec,
                                        Code::kLatchHeld,
                                        Code::kPolicyNone,
                                        Code::kPolicyNoRule,
                                        Code::kPolicyPcrsUnquoted,
                                        Code::kRolloutLate,
                                        Code::kRolloutMixed,
                                        Code::kRolloutOther,
                                        Code::kLogSpecIdRepeated,
                                        Code::kLogNoActionDigest,
                                        Code::kLogNoActionPcr,
                                        Code::kLogLocality,
                                        Code::kLogDigestMissing,
                                        Code::kLogEventData,
                                        Code::kLogEventType,
                                        Code::kLogEventBanks,
                                        Code::kLogSeparator,
                                        Code::kBootEventUnexpected,
                                        Code::kBootEventMissing,
                                        Code::kBootEventOrder,
                                        Code::kBootBaselineAbsent,
                                        Code::kBootBaselineBank,
                                        Code::kBootReferenceUnknown,
                                        Code::kBootReferenceValue,
                                        Code::kBootReferenceAbsent,
                                        Code::kSecureBootOff,
                                        Code::kSecureBootUnproven,
                                        Code::kSecureBootAuthority,
                                        Code::kSecureBootKey,
                                        Code::kDbxMissing,
                                        Code::kDbxUnproven,
                                        Code::kSbatBelow,
                                        Code::kSbatUnproven,
                                        Code::kCommandLineParameter,
                                        Code::kCommandLineUnproven,
                                        Code::kPlatformAlarm,
                                        Code::kPlatformOptionRom};
  return kCodes;
}

// Codes that no ESXi host is red or yellow by, and why.
bool is_not_of_esxi(FindingCode code) {
  const std::string_view name = name_of(code);
  static const std::set<FindingCode> kCodes = {
      // Information, whatever a policy says.
      FindingCode::kBootRebooted, FindingCode::kBootRestarted, FindingCode::kLogPadding,
      FindingCode::kLogAlgorithmUnknown, FindingCode::kLogBankUnquoted, FindingCode::kLogEventQuirk,
      FindingCode::kRolloutOld, FindingCode::kRolloutNew, FindingCode::kEsxiImage,
      // Of files that are checked offline.
      FindingCode::kFreshnessUnchecked, FindingCode::kQuoteAttestationKey,
      FindingCode::kEsxiLogUnreliable};
  return kCodes.count(code) != 0 || name.substr(0, 4) == "ima.";  // ESXi has no IMA
}

void expect_reached(const EsxiMessage& message, const std::map<FindingCode, Scenario>& all) {
  const auto scenario = all.find(message.code);
  ASSERT_NE(scenario, all.end()) << name_of(message.code) << " has no scenario";
  const HostState state = scenario->second();
  EXPECT_TRUE(has(state, message.code))
      << name_of(message.code)
      << " is not among: " << ::testing::PrintToString(testing::codes(state.verdict.findings));
  EXPECT_NE(esxi_attestation(state).status, AttestationStatus::kPassed) << name_of(message.code);
}

TEST(EsxiAttestation, EveryRowOfTheCatalogueIsReachedFromEvidenceOrState) {
  const std::map<FindingCode, Scenario> all = scenarios();
  for (const EsxiMessage& message : esxi_own_messages()) {
    // Nobody here has a test key's certificate, only its digest: EsxiFleet.ATestKeyFails....
    if (message.code != FindingCode::kEsxiSignerTest) {
      expect_reached(message, all);
    }
  }
  for (const EsxiMessage& message : esxi_platform_messages()) {
    if (found_of_any_host().count(message.code) == 0) {
      expect_reached(message, all);
    }
  }
}

// Nobody may stand before a red host without a cause and something to do.
TEST(EsxiAttestation, EveryCodeThatAnEsxiHostIsRedOrYellowByHasARow) {
  constexpr std::uint16_t kNumbersEnd = 2000;
  std::size_t codes = 0;
  for (std::uint16_t number = 0; number < kNumbersEnd; ++number) {
    const std::optional<FindingCode> code = finding_code(number);
    if (code) {
      ++codes;
      EXPECT_EQ(esxi_message_of(*code) != nullptr, !is_not_of_esxi(*code)) << name_of(*code);
    }
  }
  EXPECT_GT(codes, 100U);
}

TEST(EsxiAttestation, EveryRowHasACauseARemedyAndACodeOfItsOwn) {
  std::set<FindingCode> seen;
  for (const auto messages : {esxi_own_messages(), esxi_platform_messages()}) {
    for (const EsxiMessage& message : messages) {
      EXPECT_FALSE(message.cause.empty()) << name_of(message.code);
      EXPECT_FALSE(message.remedy.empty()) << name_of(message.code);
      EXPECT_TRUE(seen.insert(message.code).second) << name_of(message.code);
    }
  }
}

TEST(EsxiAttestation, AnApprovedImageThatIsSignedHasPassed) {
  const HostState state = with_fault(EsxiFault::kNone);
  const EsxiAttestation attestation = esxi_attestation(state);
  EXPECT_EQ(attestation.status, AttestationStatus::kPassed)
      << ::testing::PrintToString(testing::codes(state.verdict.findings));
  EXPECT_EQ(colour_of(attestation.status), "green");
  EXPECT_EQ(attestation.key, "esxi.accepted");
}

TEST(EsxiAttestation, AHostThatNeverAttestedIsNotApplicable) {
  const EsxiAttestation attestation = esxi_attestation(EsxiEngine().state());
  EXPECT_EQ(name_of(attestation.status), "N/A");
  EXPECT_EQ(colour_of(attestation.status), "grey");
  EXPECT_EQ(attestation.key, "esxi.not_attested");
  EXPECT_FALSE(attestation.remedy.empty());
}

TEST(EsxiAttestation, AChangedModuleFailsByTheNameOfItsVib) {
  const EsxiAttestation attestation = esxi_attestation(with_fault(EsxiFault::kChangedModule));
  EXPECT_EQ(attestation.status, AttestationStatus::kFailed);
  EXPECT_EQ(colour_of(attestation.status), "red");
  EXPECT_EQ(attestation.key, "esxi.module.changed");
  EXPECT_THAT(attestation.message, HasSubstr("PCR 13, event"));
  EXPECT_THAT(attestation.message, HasSubstr("vmx.v00"));
  EXPECT_THAT(attestation.message, HasSubstr("esx-base"));
}

// The raw log of an older host, launched by TXT: quoted, sent, judged, kept, and judged again.
TEST(EsxiAttestation, ALaunchedHostIsTrustedByItsOwnLaunchAlone) {
  EsxiEngine engine;
  bench::EsxiBootModel launched = engine.model;
  launched.is_launched = true;
  EsxiEngine txt(bench::esxi_rules_of(launched), testing::model_images(),
                 "pcrs = [0, 2, 7, 17, 18, 19, 20, 21]\n");
  txt.model = launched;
  const HostState good = attested(txt);
  EXPECT_EQ(esxi_attestation(good).status, AttestationStatus::kPassed)
      << ::testing::PrintToString(testing::codes(good.verdict.findings));
  ASSERT_NE(good.proof, nullptr);
  EXPECT_TRUE(txt.engine.store.boot_log(good.proof->log));
  txt.model.firmware = "another launch";
  txt.engine.clock.advance(1'000);
  const HostState other = attested(txt);
  EXPECT_TRUE(has(other, FindingCode::kEsxiLoader))
      << ::testing::PrintToString(testing::codes(other.verdict.findings));
  EXPECT_EQ(esxi_attestation(other).status, AttestationStatus::kFailed);
}

TEST(EsxiAttestation, SpeaksOfSecureBootInVSpheresWords) {
  const EsxiAttestation attestation = esxi_attestation(with_fault(EsxiFault::kSecureBootOff));
  EXPECT_EQ(attestation.key, "esxi.secure_boot");
  EXPECT_EQ(attestation.vsphere, "Host secure boot was disabled");
}

TEST(EsxiAttestation, SilenceIsAWarningThatClearsItself) {
  EsxiEngine engine;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  EXPECT_EQ(esxi_attestation(engine.state()).status, AttestationStatus::kWarning);
  EXPECT_EQ(esxi_attestation(engine.state()).key, "stale.no_contact");
  engine.attest();
  EXPECT_EQ(esxi_attestation(engine.state()).status, AttestationStatus::kPassed);
}

TEST(EsxiAttestation, AFailedHostStaysRedWhenItFallsSilent) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kChangedModule;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  ASSERT_EQ(engine.state().state, TrustState::kStale);
  const EsxiAttestation attestation = esxi_attestation(engine.state());
  EXPECT_EQ(attestation.status, AttestationStatus::kFailed);
  EXPECT_EQ(attestation.key, "esxi.module.changed");
}

}  // namespace
}  // namespace quotemill
