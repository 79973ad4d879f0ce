// A simulated ESXi host's measured boot: the crypto-agile log of firmware, mboot (esx-boot) and
// kernel, honest or faulty, with what is wrong with it known.
//
// What an image boots is equal on all its hosts; state.tgz, imgdb.tgz (by image), the command line
// and the partition table differ. The same model gives the same bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fleet/esxi_image_model.h"
#include "engine/base/digest.h"
#include "engine/verdict/finding.h"

namespace quotemill::bench {

enum class EsxiFault : std::uint8_t {
  kNone,
  // Of what booted
  kChangedModule,   // vmx.v00 has another content (and, being listed by its name, is attack A1)
  kMissingModule,   // vim.v00
  kExtraModule,     // evil.v00
  kMixedImage,      // VMware's modules of the second half are of the next image
  kRenamedModule,   // vmx.v00 stands there as vmy.v00
  kChangedOptions,  // jumpstrt.gz
  kNoDatabase,      // imgdb.tgz was not booted
  kUnknownDatabase,
  kOtherVersion,   // the version records tell another release than the modules are of
  kNoRecords,      // an older boot loader of VMware's: it writes no version records
  kUnknownSigner,  // a certificate that nobody knows
  kTestSigner,     // one whose private key is public
  kSecureBootOff,
  kOtherAuthority,   // who let the boot loader run
  kOtherLoader,      // another system wrote all of this into ESXi's PCRs
  kNothingMeasured,  // ESXi before 7.0.3 without TXT: nothing is in its PCRs
  kSecretTyped,      // encryptionRecoveryKey= on the command line; not wrong, to be hidden
  // Of the log: what is measured stays what a replay gives
  kExcusedTwice,          // A2: a module shown as a second state.tgz
  kOptionsAsCommandLine,  // A3
  kOptionsAsSigner,       // A4
  kOptionsLastAsSigner,   // A4, of the last options file
  kOptionsInDer,          // likewise, in the shape of a certificate
  kForgedVersion,         // A5
  kModuleAsVersion,       // A5: a whole module, of a boot without records of its own
  kTextsAsVersion,        // A5: likewise, small, behind the texts of a record
  kEventsDropped,         // A6: the last events are not in the log
  kSha1Only,              // A7
  kBanksDiffer,           // A8
  kTagSizeLies,           // A9
  kTagSizeHuge,           // A9
  kNulInName,             // A9
  kNulMissing,            // A9
  kHiddenBehind,          // A10
  kDataChanged,           // one byte of the command line, as shown
  kVersionOutside,        // a version record with an offset outside of itself
  kUnknownTag,            // tag 5 of the kernel
  kTruncated,             // cut in the middle of an event
  kTooLong,               // more than 1000 events
  kModuleBehindSigner,    // order
  kSecondCommandLine,
  kNoCommandLine,
  kSecondAssetTag,
  kWrongPcr,   // a static module in the PCR of core modules
  kUnusedPcr,  // an event in one that ESXi leaves as it is
};

inline constexpr std::size_t kEsxiFaults = static_cast<std::size_t>(EsxiFault::kUnusedPcr) + 1;

std::string_view name_of(EsxiFault fault);  // "none", "changed_module", ...
std::optional<EsxiFault> esxi_fault_named(std::string_view name);

// The right answer to a fault.
struct EsxiAnswer {
  // What the log must be blamed for; none if it is in order, whatever booted.
  std::optional<FindingCode> finding;
  // What else the rules of esxi_rules_of() find that is worse than information: no more, no less.
  std::span<const FindingCode> appraised;
  // Whose content an inference must blame; empty if none.
  std::string_view module;
  bool is_seen_by_quote = false;  // the replay is not what was measured
};

EsxiAnswer answer_to(EsxiFault fault);

struct EsxiBootModel {
  std::shared_ptr<const EsxiImageModel> image;
  std::shared_ptr<const EsxiImageModel> other_image;  // of kMixedImage
  std::uint64_t host_seed = 0;
  bool has_version_records = true;  // 8.0 and later
  bool is_launched = false;         // by TXT, as ESXi 6.7: PCR 17 to 21
  std::string asset_tag;            // empty: none
  std::string firmware = "1.0";     // version: PCR 0
  std::vector<HashAlgorithm> banks{HashAlgorithm::kSha1, HashAlgorithm::kSha256};
  EsxiFault fault = EsxiFault::kNone;
};

struct EsxiBootLog {
  Bytes log;       // as the host sends it
  Bytes measured;  // a log whose replay is what its TPM holds; the same unless events are missing
};

// What an operator types at the boot loader in kSecretTyped; it must be in no output.
inline constexpr std::string_view kTypedRecoveryKey = "3F5A1C-77D2E9-SECRET-0B41AA";

// The lines of a policy's [esxi] that the image's own hosts satisfy: their boot loader, who let it
// run, and who signed its modules.
std::string esxi_rules_of(const EsxiBootModel& model);

// REQUIRES: model.image; banks not empty, each can_hash()
EsxiBootLog write_esxi_boot_log(const EsxiBootModel& model);

// N hosts of M images; so many of a thousand have one of the faults.
struct EsxiFleetModel {
  std::uint64_t seed = 1;
  std::uint32_t hosts = 1000;
  std::uint32_t images = 20;
  std::uint32_t modules = kEsxiModules;
  std::uint32_t faulty_per_mille = 0;  // spread over all faults
};

class EsxiFleet {
 public:
  explicit EsxiFleet(const EsxiFleetModel& model);

  // The same for the same model. REQUIRES: number < model.hosts
  [[nodiscard]] EsxiBootModel host(std::uint32_t number) const;

  [[nodiscard]] const EsxiImageModel& image(std::uint32_t number) const { return *images_[number]; }

  [[nodiscard]] std::uint32_t images() const { return model_.images; }

  // esxi_rules_of() for the hosts of all images.
  [[nodiscard]] std::string rules() const;

 private:
  EsxiFleetModel model_;
  std::vector<std::shared_ptr<const EsxiImageModel>> images_;
};

}  // namespace quotemill::bench
