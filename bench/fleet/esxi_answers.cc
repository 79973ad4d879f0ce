// The faults of simulated ESXi hosts by name, and what is to be found of each.
#include <algorithm>
#include <array>

#include "bench/fleet/esxi_boot_model.h"

namespace quotemill::bench {
namespace {

using Code = FindingCode;

struct FaultRow {
  EsxiFault fault;
  std::string_view name;
  EsxiAnswer answer;
};

template <Code... kCodes>
constexpr std::array<Code, sizeof...(kCodes)> kList{kCodes...};

// What stands in the log's own order: the modules are judged.
template <Code... kCodes>
constexpr FaultRow booted(EsxiFault fault, std::string_view name, std::string_view module = {}) {
  return {fault, name, {std::nullopt, kList<kCodes...>, module, false}};
}

// Then nothing of the log is believed.
constexpr FaultRow broken(EsxiFault fault, std::string_view name, Code code,
                          bool is_seen_by_quote = false) {
  return {fault, name, {code, kList<Code::kEsxiImageUnknown>, {}, is_seen_by_quote}};
}

constexpr FaultRow told(EsxiFault fault, std::string_view name, Code code) {
  return {fault, name, {code, {}, {}, false}};
}

constexpr std::array<FaultRow, kEsxiFaults> kFaults = {
    booted<>(EsxiFault::kNone, "none"),
    booted<Code::kEsxiModuleChanged>(EsxiFault::kChangedModule, "changed_module", "vmx.v00"),
    booted<Code::kEsxiModuleMissing>(EsxiFault::kMissingModule, "missing_module", "vim.v00"),
    booted<Code::kEsxiModuleUnknown>(EsxiFault::kExtraModule, "extra_module", "evil.v00"),
    booted<Code::kEsxiImageMixed>(EsxiFault::kMixedImage, "mixed_image", "esxupdt.v00"),
    booted<Code::kEsxiModuleRenamed>(EsxiFault::kRenamedModule, "renamed_module", "vmy.v00"),
    booted<Code::kEsxiOptions>(EsxiFault::kChangedOptions, "changed_options", "jumpstrt.gz"),
    booted<Code::kEsxiDatabase>(EsxiFault::kNoDatabase, "no_database", "imgdb.tgz"),
    booted<Code::kEsxiDatabase>(EsxiFault::kUnknownDatabase, "unknown_database", "imgdb.tgz"),
    booted<Code::kEsxiVersionConflict>(EsxiFault::kOtherVersion, "other_version"),
    booted<Code::kEsxiVersionConflict>(EsxiFault::kNoRecords, "no_records"),
    booted<Code::kEsxiSignerUnknown>(EsxiFault::kUnknownSigner, "unknown_signer"),
    told(EsxiFault::kTestSigner, "test_signer", Code::kEsxiSignerTest),
    booted<Code::kEsxiSecureBoot, Code::kEsxiSignerUnknown, Code::kEsxiAuthority>(
        EsxiFault::kSecureBootOff, "secure_boot_off"),
    booted<Code::kEsxiAuthority>(EsxiFault::kOtherAuthority, "other_authority"),
    booted<Code::kEsxiLoader>(EsxiFault::kOtherLoader, "other_loader"),
    booted<Code::kEsxiImageUnknown>(EsxiFault::kNothingMeasured, "nothing_measured"),
    told(EsxiFault::kSecretTyped, "secret_typed", Code::kEsxiLogSecret),
    broken(EsxiFault::kExcusedTwice, "excused_twice", Code::kEsxiLogGrammar),
    broken(EsxiFault::kOptionsAsCommandLine, "options_as_command_line", Code::kEsxiLogGrammar),
    broken(EsxiFault::kOptionsAsSigner, "options_as_signer", Code::kEsxiLogGrammar),
    broken(EsxiFault::kOptionsLastAsSigner, "options_last_as_signer", Code::kEsxiLogMalformed),
    booted<Code::kEsxiSignerUnknown>(EsxiFault::kOptionsInDer, "options_in_der"),
    broken(EsxiFault::kForgedVersion, "forged_version", Code::kEsxiLogGrammar),
    broken(EsxiFault::kModuleAsVersion, "module_as_version", Code::kEsxiLogMalformed),
    broken(EsxiFault::kTextsAsVersion, "texts_as_version", Code::kEsxiLogMalformed),
    broken(EsxiFault::kEventsDropped, "events_dropped", Code::kEsxiLogGrammar, true),
    broken(EsxiFault::kSha1Only, "sha1_only", Code::kEsxiLogBank),
    broken(EsxiFault::kBanksDiffer, "banks_differ", Code::kEsxiLogData),
    broken(EsxiFault::kTagSizeLies, "tag_size_lies", Code::kEsxiLogMalformed),
    broken(EsxiFault::kTagSizeHuge, "tag_size_huge", Code::kEsxiLogMalformed),
    broken(EsxiFault::kNulInName, "nul_in_name", Code::kEsxiLogMalformed),
    broken(EsxiFault::kNulMissing, "nul_missing", Code::kEsxiLogMalformed),
    told(EsxiFault::kHiddenBehind, "hidden_behind", Code::kEsxiLogTagUnknown),
    broken(EsxiFault::kDataChanged, "data_changed", Code::kEsxiLogData),
    broken(EsxiFault::kVersionOutside, "version_outside", Code::kEsxiLogMalformed),
    told(EsxiFault::kUnknownTag, "unknown_tag", Code::kEsxiLogTagUnknown),
    broken(EsxiFault::kTruncated, "truncated", Code::kLogMalformed, true),
    broken(EsxiFault::kTooLong, "too_long", Code::kEsxiLogTooLong),
    broken(EsxiFault::kModuleBehindSigner, "module_behind_signer", Code::kEsxiLogGrammar),
    broken(EsxiFault::kSecondCommandLine, "second_command_line", Code::kEsxiLogGrammar),
    broken(EsxiFault::kNoCommandLine, "no_command_line", Code::kEsxiLogGrammar),
    broken(EsxiFault::kSecondAssetTag, "second_asset_tag", Code::kEsxiLogGrammar),
    broken(EsxiFault::kWrongPcr, "wrong_pcr", Code::kEsxiLogGrammar),
    broken(EsxiFault::kUnusedPcr, "unused_pcr", Code::kEsxiLogGrammar),
};

}  // namespace

std::string_view name_of(EsxiFault fault) {
  return kFaults.at(static_cast<std::size_t>(fault)).name;
}

std::optional<EsxiFault> esxi_fault_named(std::string_view name) {
  const auto* const found = std::find_if(
      kFaults.begin(), kFaults.end(), [name](const FaultRow& each) { return each.name == name; });
  return found == kFaults.end() ? std::nullopt : std::optional(found->fault);
}

EsxiAnswer answer_to(EsxiFault fault) {
  return kFaults.at(static_cast<std::size_t>(fault)).answer;
}

}  // namespace quotemill::bench
