#include "tests/engine/pipeline/esxi_scenarios.h"

#include <algorithm>

#include "engine/base/byte_writer.h"
#include "engine/eventlog/boot_log_writer.h"

namespace quotemill::testing {
namespace {

using bench::EsxiFault;

using ChangeImage = std::function<void(bench::EsxiImageModel&)>;

HostState with_rules(const std::string& rules) {
  EsxiEngine engine(rules);
  return attested_esxi(engine);
}

HostState with_baselines(std::vector<std::shared_ptr<const Baseline>> baselines,
                         const std::string& rules = {}) {
  EsxiEngine engine(rules, std::move(baselines));
  return attested_esxi(engine);
}

// The host's own image differs from the approved one.
HostState with_image(const ChangeImage& change) {
  EsxiEngine engine;
  bench::EsxiImageModel image = *engine.model.image;
  change(image);
  engine.model.image = std::make_shared<const bench::EsxiImageModel>(std::move(image));
  return attested_esxi(engine);
}

bench::EsxiBootFile& file(bench::EsxiImageModel& image, std::string_view name) {
  return *std::find_if(image.files.begin(), image.files.end(),
                       [name](const bench::EsxiBootFile& each) { return each.name == name; });
}

HostState with_draft(const ChangeDraft& change) {
  EsxiEngine engine;
  engine.attest(change);
  return engine.state();
}

// After an honest attestation.
HostState with_second_draft(const ChangeDraft& change) {
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
  return attested_esxi(engine);
}

// Firmware whose SHA-256 bank is off: its log has SHA-1 alone.
HostState with_log_of_sha1() {
  EsxiEngine engine;
  bench::EsxiBootModel sha1 = engine.model;
  sha1.banks = {HashAlgorithm::kSha1};
  engine.change_boot = [sha1](bench::EsxiBootLog& booted) {
    booted.log = bench::write_esxi_boot_log(sha1).log;
  };
  return attested_esxi(engine);
}

HostState with_quote_of_sha1() {
  EsxiEngine engine({}, model_images(), "bank = \"sha1\"\nweak_algorithm = \"warn\"\n");
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
  return attested_esxi(engine);
}

HostState with_vib_of_nobody() {
  EsxiEngine engine("min_acceptance = \"partner\"\n", approved_and(vib_of_evil(), true));
  engine.model.fault = EsxiFault::kExtraModule;
  return attested_esxi(engine);
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
  std::vector<std::shared_ptr<const Baseline>> baselines = model_images();
  baselines.push_back(golden);
  EsxiEngine engine({}, std::move(baselines));
  engine.model.firmware = "2.0";
  return attested_esxi(engine);
}

// As somebody writes it who lists nothing of what starts a host.
HostState with_nothing_pinned() {
  EsxiEngine engine("loader_unpinned = \"warn\"\n");
  return attested_esxi(engine);
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
  return attested_esxi(engine);
}

HostState silent() {
  EsxiEngine engine;
  engine.attest();
  engine.engine.clock.advance(10LL * 60 * 1000);
  engine.engine.settle();
  return engine.state();
}

// Two machines enrolled with one EK in turn: as EnrolmentService has it held.
HostState with_shared_ek() {
  EsxiEngine engine;
  engine.attest();
  HostRecord record = engine.host.record();
  record.life_cycle = LifeCycle::kPending;
  record.note = "two machines use this EK in turn: esx-1 and esx-2";
  (void)engine.engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = true;
    update.reasons.push_back({.code = FindingCode::kIdentityChanged, .severity = Severity::kFail});
    update.reasons.back().subject = record.note;
    return update;
  });
  return engine.state();
}

}  // namespace

HostState attested_esxi(EsxiEngine& engine) {
  engine.attest();
  return engine.state();
}

HostState esxi_with_fault(EsxiFault fault) {
  EsxiEngine engine;
  engine.model.fault = fault;
  engine.model.asset_tag.clear();
  return attested_esxi(engine);
}

bool has_code(const HostState& state, FindingCode code) {
  const Findings& findings = state.verdict.findings;
  return std::any_of(findings.begin(), findings.end(),
                     [code](const Finding& finding) { return finding.code == code; });
}

std::map<FindingCode, EsxiScenario> esxi_scenarios() {
  const auto fault = [](EsxiFault which) { return [which] { return esxi_with_fault(which); }; };
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
      {Code::kIdentityChanged, with_shared_ek},
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

}  // namespace quotemill::testing
