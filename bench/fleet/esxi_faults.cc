#include <algorithm>
#include <array>

#include "bench/fleet/efi_structures.h"
#include "bench/fleet/esxi_events.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kCorePcr = 12;
constexpr std::uint32_t kFixedPcr = 13;
constexpr std::uint32_t kVariablePcr = 14;
constexpr std::string_view kHarmless = "/b.b00 autoPartition=FALSE";

struct FaultRow {
  EsxiFault fault;
  std::string_view name;
  EsxiAnswer answer;
};

constexpr FaultRow row(EsxiFault fault, std::string_view name, FindingCode code) {
  return {fault, name, {code, {}, false}};
}

constexpr FaultRow booted(EsxiFault fault, std::string_view name, std::string_view module) {
  return {fault, name, {std::nullopt, module, false}};
}

constexpr std::array<FaultRow, kEsxiFaults> kFaults = {
    booted(EsxiFault::kNone, "none", {}),
    booted(EsxiFault::kChangedModule, "changed_module", "vmx.v00"),
    booted(EsxiFault::kMissingModule, "missing_module", "vim.v00"),
    booted(EsxiFault::kExtraModule, "extra_module", "evil.v00"),
    booted(EsxiFault::kMixedImage, "mixed_image", "esxupdt.v00"),
    booted(EsxiFault::kUnknownSigner, "unknown_signer", {}),
    booted(EsxiFault::kSecureBootOff, "secure_boot_off", {}),
    row(EsxiFault::kSecretTyped, "secret_typed", FindingCode::kEsxiLogSecret),
    row(EsxiFault::kExcusedTwice, "excused_twice", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kOptionsAsCommandLine, "options_as_command_line", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kOptionsAsSigner, "options_as_signer", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kForgedVersion, "forged_version", FindingCode::kEsxiLogGrammar),
    FaultRow{EsxiFault::kEventsDropped, "events_dropped", {FindingCode::kEsxiLogGrammar, {}, true}},
    row(EsxiFault::kSha1Only, "sha1_only", FindingCode::kEsxiLogBank),
    row(EsxiFault::kBanksDiffer, "banks_differ", FindingCode::kEsxiLogData),
    row(EsxiFault::kTagSizeLies, "tag_size_lies", FindingCode::kEsxiLogMalformed),
    row(EsxiFault::kTagSizeHuge, "tag_size_huge", FindingCode::kEsxiLogMalformed),
    row(EsxiFault::kNulInName, "nul_in_name", FindingCode::kEsxiLogMalformed),
    row(EsxiFault::kNulMissing, "nul_missing", FindingCode::kEsxiLogMalformed),
    row(EsxiFault::kHiddenBehind, "hidden_behind", FindingCode::kEsxiLogTagUnknown),
    row(EsxiFault::kDataChanged, "data_changed", FindingCode::kEsxiLogData),
    row(EsxiFault::kVersionOutside, "version_outside", FindingCode::kEsxiLogMalformed),
    row(EsxiFault::kUnknownTag, "unknown_tag", FindingCode::kEsxiLogTagUnknown),
    FaultRow{EsxiFault::kTruncated, "truncated", {FindingCode::kLogMalformed, {}, true}},
    row(EsxiFault::kTooLong, "too_long", FindingCode::kEsxiLogTooLong),
    row(EsxiFault::kModuleBehindSigner, "module_behind_signer", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kSecondCommandLine, "second_command_line", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kNoCommandLine, "no_command_line", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kSecondAssetTag, "second_asset_tag", FindingCode::kEsxiLogGrammar),
    row(EsxiFault::kWrongPcr, "wrong_pcr", FindingCode::kEsxiLogGrammar),
};

class FaultMaker {
 public:
  FaultMaker(const EsxiBootModel& model, PlannedEvents& events, std::size_t& hidden)
      : model_(model), events_(events), hidden_(hidden) {}

  void run() {
    if (model_.fault <= EsxiFault::kSecretTyped) {
      change_boot();
    } else if (model_.fault <= EsxiFault::kHiddenBehind) {
      attack();
    } else {
      spoil();
    }
  }

 private:
  void change_boot() {
    switch (model_.fault) {
      case EsxiFault::kChangedModule:
        file("vmx.v00").measured = to_bytes(as_bytes("not what VMware ships"));
        return;
      case EsxiFault::kMissingModule:
        events_.erase(place_of("vim.v00"));
        return;
      case EsxiFault::kExtraModule:
        events_.insert(place_of("imgdb.tgz"), esxi_file_event("evil.v00", as_bytes("evil")));
        return;
      case EsxiFault::kMixedImage:
        for (const EsxiBootFile& other : model_.other_image->files) {
          if (other.vib == "esx-update") {
            file(other.name).measured = other.content;
          }
        }
        return;
      case EsxiFault::kUnknownSigner:
        tagged(7) = esxi_data_event(kVariablePcr, 7, esxi_signer_certificate("Somebody"));
        return;
      default:
        return;
    }
  }

  void attack() {
    switch (model_.fault) {
      case EsxiFault::kExcusedTwice:
        events_.insert(place_of("imgdb.tgz"), esxi_file_event("state.tgz", as_bytes("evil")));
        return;
      case EsxiFault::kOptionsAsCommandLine:
        relabel_options(to_bytes(as_bytes(kHarmless)), 4);
        tagged(4, 1).data = name("useropts.gz");
        tagged(4, 1).tag = 3;
        return;
      case EsxiFault::kOptionsAsSigner:
        relabel_options(esxi_signer_certificate("VMware Certified VIB Signing"), 7);
        return;
      case EsxiFault::kForgedVersion:
        events_.insert(
            place_of("vmx.v00"),
            esxi_data_event(kFixedPcr, 8, esxi_version_record("vmkernel", "9.9.9-1", "/k.b00")));
        return;
      case EsxiFault::kEventsDropped:
        hidden_ = model_.asset_tag.empty() ? 1 : 2;
        return;
      case EsxiFault::kBanksDiffer:
        tagged(4).sha1_differs = true;
        return;
      case EsxiFault::kTagSizeLies:
        file("vmx.v00").shown_size = 3;
        return;
      case EsxiFault::kTagSizeHuge:
        file("vmx.v00").shown_size = 0xFFFFFFFF;
        return;
      case EsxiFault::kNulInName:
        file("vmx.v00").data[3] = 0;
        return;
      case EsxiFault::kNulMissing:
        file("vmx.v00").data.pop_back();
        return;
      case EsxiFault::kHiddenBehind:
        hide_behind();
        return;
      default:
        return;
    }
  }

  // Options files of the attacker's are last in boot.cfg: what they hold is shown as signer and
  // command line, and the real ones as the kernel's.
  void hide_behind() {
    tagged(7).tag = 5;
    tagged(4).tag = 5;
    const auto real = std::find_if(events_.begin(), events_.end(),
                                   [](const PlannedEvent& event) { return event.tag == 5; });
    const PlannedEvents shown = {
        esxi_data_event(kVariablePcr, 7, esxi_signer_certificate("VMware Certified VIB Signing")),
        esxi_data_event(kVariablePcr, 4, to_bytes(as_bytes(kHarmless)))};
    events_.insert(real, shown.begin(), shown.end());
  }

  void spoil() {
    switch (model_.fault) {
      case EsxiFault::kDataChanged:
        tagged(4).data.back() ^= 1;
        return;
      case EsxiFault::kVersionOutside:
        tagged(8).data[17] = 0xFF;
        tagged(8).measured = tagged(8).data;
        return;
      case EsxiFault::kUnknownTag:
        events_.push_back(esxi_data_event(
            kVariablePcr, 5, to_bytes(as_bytes(std::string("execInstalledOnly = TRUE\0", 25)))));
        return;
      case EsxiFault::kTooLong:
        for (int i = 0; i < 1000; ++i) {
          events_.insert(place_of("imgdb.tgz"),
                         esxi_file_event("m" + std::to_string(i) + ".v00", as_bytes("more")));
        }
        return;
      case EsxiFault::kModuleBehindSigner:
        events_.insert(place(4), esxi_file_event("late.v00", as_bytes("late")));
        return;
      case EsxiFault::kSecondCommandLine:
        events_.insert(place(4) + 1, tagged(4));
        return;
      case EsxiFault::kNoCommandLine:
        events_.erase(place(4));
        return;
      case EsxiFault::kSecondAssetTag:
        for (const char* const text : {"rack-1", "rack-2"}) {
          events_.push_back(esxi_data_event(kVariablePcr, 6, to_bytes(as_bytes(text))));
        }
        return;
      case EsxiFault::kWrongPcr:
        file("vmx.v00").pcr = kCorePcr;
        return;
      default:
        return;
    }
  }

  void relabel_options(Bytes content, std::uint32_t tag) {
    PlannedEvent& options = file("useropts.gz");
    options.tag = tag;
    options.measured = content;
    options.data = std::move(content);
  }

  static Bytes name(std::string_view text) {
    Bytes bytes = to_bytes(as_bytes(text));
    bytes.push_back(0);
    return bytes;
  }

  PlannedEvents::iterator place_of(std::string_view file) {
    const Bytes wanted = name(file);
    return std::find_if(events_.begin(), events_.end(),
                        [&wanted](const PlannedEvent& event) { return event.data == wanted; });
  }

  PlannedEvent& file(std::string_view name) { return *place_of(name); }

  PlannedEvents::iterator place(std::uint32_t tag, std::size_t skipped = 0) {
    return std::find_if(events_.begin(), events_.end(), [&](const PlannedEvent& event) {
      return event.tag == tag && skipped-- == 0;
    });
  }

  PlannedEvent& tagged(std::uint32_t tag, std::size_t skipped = 0) { return *place(tag, skipped); }

  const EsxiBootModel& model_;
  PlannedEvents& events_;
  std::size_t& hidden_;
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

void put_fault(const EsxiBootModel& model, PlannedEvents& events, std::size_t& hidden) {
  FaultMaker(model, events, hidden).run();
}

}  // namespace quotemill::bench
