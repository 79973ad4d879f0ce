#include <algorithm>
#include <string>

#include "bench/fleet/efi_structures.h"
#include "bench/fleet/esxi_events.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kCorePcr = 12;
constexpr std::uint32_t kFixedPcr = 13;
constexpr std::uint32_t kVariablePcr = 14;
constexpr std::string_view kHarmless = "/b.b00 autoPartition=FALSE";
constexpr std::string_view kEvilOptions = "execInstalledOnly=FALSE\n";

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
      case EsxiFault::kRenamedModule:
        file("vmx.v00").data = name("vmy.v00");
        return;
      case EsxiFault::kChangedOptions:
        file("jumpstrt.gz").measured = to_bytes(as_bytes("other options"));
        return;
      case EsxiFault::kNothingMeasured:
        events_.clear();
        return;
      default:
        change_words();
        return;
    }
  }

  // What tells of the modules, and who signed them.
  void change_words() {
    switch (model_.fault) {
      case EsxiFault::kNoDatabase:
        events_.erase(place_of("imgdb.tgz"));
        return;
      case EsxiFault::kUnknownDatabase:
        file("imgdb.tgz").measured = to_bytes(as_bytes("another database"));
        return;
      case EsxiFault::kOtherVersion:
        tagged(8) = version_record("vmkboot", "9.9.9-1", "/b.b00");
        tagged(8, 1) = version_record("vmkernel", "9.9.9-1", "/k.b00");
        return;
      case EsxiFault::kNoRecords:
        drop_records();
        return;
      case EsxiFault::kUnknownSigner:
        tagged(7) = esxi_data_event(kVariablePcr, 7, esxi_signer_certificate("Somebody"));
        return;
      case EsxiFault::kTestSigner:
        tagged(7) = esxi_data_event(kVariablePcr, 7, esxi_signer_certificate(kEsxiTestSigner));
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
        relabel_options(esxi_signer_certificate(kEsxiSigner), 7);
        return;
      case EsxiFault::kOptionsLastAsSigner:
        show_as_signer(to_bytes(as_bytes(kEvilOptions)));
        return;
      case EsxiFault::kOptionsInDer:
        show_as_signer(in_der(as_bytes(kEvilOptions)));
        return;
      case EsxiFault::kForgedVersion:
        events_.insert(place_of("vmx.v00"), version_record("vmkernel", "9.9.9-1", "/k.b00"));
        return;
      case EsxiFault::kModuleAsVersion:
        show_as_record(80'000);
        return;
      case EsxiFault::kTextsAsVersion:
        show_as_record(64);
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

  static PlannedEvent version_record(std::string_view component, std::string_view version,
                                     std::string_view path) {
    return esxi_data_event(kFixedPcr, 8, esxi_version_record(component, version, path));
  }

  // Behind all modules boot.cfg has an options file more. What is in it stands in the log in front
  // of the real signer.
  void show_as_signer(Bytes options) {
    events_.insert(place(7), esxi_data_event(kVariablePcr, 7, std::move(options)));
  }

  // As long as a certificate has to be for two bytes of length.
  static Bytes in_der(ByteView options) {
    constexpr std::size_t kSize = 300;
    Bytes out = {0x30, 0x82, kSize >> 8U, kSize & 0xFFU};
    out.insert(out.end(), options.begin(), options.end());
    out.resize(kSize + 4, ' ');
    return out;
  }

  // In front of the kernel boot.cfg has a module more, which begins like a record of that kernel.
  void show_as_record(std::size_t hidden) {
    drop_records();
    const std::string version = model_.image->version + "-" + model_.image->build;
    Bytes record = esxi_version_record("vmkboot", version, "/b.b00");
    const Bytes evil = synthetic_bytes("a module", hidden);
    record.insert(record.end(), evil.begin(), evil.end());
    record.back() = 0;
    const auto size = static_cast<std::uint32_t>(record.size());
    for (unsigned i = 0; i < 4; ++i) {
      record[i] = static_cast<std::uint8_t>(size >> 8U * i);
    }
    events_.insert(events_.begin(), esxi_data_event(kFixedPcr, 8, std::move(record)));
  }

  void drop_records() {
    std::erase_if(events_, [](const PlannedEvent& event) { return event.tag == 8; });
  }

  // Options files of the attacker's are last in boot.cfg: what they hold is shown as signer and
  // command line, and the real ones as the kernel's.
  void hide_behind() {
    for (PlannedEvent& event : events_) {
      const bool is_loaders = event.tag == 7 || event.tag == 4 || event.tag == 6;
      event.tag = is_loaders ? 5 : event.tag;
    }
    const auto real = std::find_if(events_.begin(), events_.end(),
                                   [](const PlannedEvent& event) { return event.tag == 5; });
    const PlannedEvents shown = {
        esxi_data_event(kVariablePcr, 7, esxi_signer_certificate(kEsxiSigner)),
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

void put_fault(const EsxiBootModel& model, PlannedEvents& events, std::size_t& hidden) {
  FaultMaker(model, events, hidden).run();
}

}  // namespace quotemill::bench
