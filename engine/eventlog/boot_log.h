// BootLog: the framing of a TCG boot log, read into event views.
//
// TCG PC Client Platform Firmware Profile 1.06, section 10: crypto-agile logs (a Spec ID header,
// then TCG_PCR_EVENT2) and SHA-1 logs (TCG_PCClientPCREvent only). Read is not proven: the quote
// proves what replay() reproduces, and nothing proves an event's type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {

enum class BootLogFormat : std::uint8_t { kSha1, kCryptoAgile };

std::string_view name_of(BootLogFormat format);  // "sha1", "crypto_agile"

// Banks whose digests can be found by name.
inline constexpr std::size_t kBankCount = 5;

// A number below kBankCount for each bank.
constexpr std::size_t bank_index(HashAlgorithm bank) {
  switch (bank) {
    case HashAlgorithm::kSha1:
      return 0;
    case HashAlgorithm::kSha256:
      return 1;
    case HashAlgorithm::kSha384:
      return 2;
    case HashAlgorithm::kSha512:
      return 3;
    case HashAlgorithm::kSm3_256:
      return 4;
  }
  return 0;
}

// One event; borrows the log's bytes.
struct BootEvent {
  std::uint32_t number = 0;  // position in the log, from 0; the Spec ID header is event 0
  std::uint32_t pcr = 0;     // PCRIndex as the log says; may be out of range for EV_NO_ACTION
  std::uint32_t type = 0;
  ByteView digests;  // SHA-1 logs: 20 bytes; crypto-agile: digestCount × (algId, digest)
  ByteView data;
  std::uint16_t digest_count = 0;
  BootLogFormat format = BootLogFormat::kCryptoAgile;
  // Where in `digests` the digest of each bank begins, by bank_index(): looked up once, when read,
  // because the size of an unknown algorithm's digest is in the log's header only.
  static constexpr std::uint16_t kNoDigest = 0xFFFF;
  std::array<std::uint16_t, kBankCount> digest_at = {kNoDigest, kNoDigest, kNoDigest, kNoDigest,
                                                     kNoDigest};

  // The digest for a bank; empty if this event has none.
  [[nodiscard]] ByteView digest(HashAlgorithm bank) const {
    const std::uint16_t at = digest_at[bank_index(bank)];
    return at == kNoDigest ? ByteView{} : digests.subspan(at, digest_size(bank));
  }

  // Whether firmware extended a PCR with it: everything but EV_NO_ACTION.
  [[nodiscard]] bool is_measured() const { return type != event_type::kNoAction; }
};

// Something odd that was read past. The reading stays usable; appraisal decides what it means.
enum class LogRemarkCode : std::uint8_t {
  kPaddingDropped,         // trailing bytes of 0xFF and zero behind the last event
  kSpecIdRepeated,         // a second Spec ID header in mid-log
  kNoActionDigestNotZero,  // EV_NO_ACTION that carries a digest
  kNoActionPcrNotZero,     // EV_NO_ACTION on another PCR than 0 (0xFFFFFFFF is harmless, Windows)
  kLocalityInvalid,  // StartupLocality other than 0, 3, 4, malformed, repeated, or not before PCR
                     // 0's first event
  kDigestMissing,    // a measured event without a digest for a bank that the header lists
  kUnknownDigestAlgorithm,  // a bank whose algorithm we don't know (its size came from the header)
  kVendorInfoOutside,       // the header's vendorInfo stands behind its eventSize
};

std::string_view name_of(LogRemarkCode code);  // snake_case

struct LogRemark {
  LogRemarkCode code = LogRemarkCode::kPaddingDropped;
  std::uint32_t event = 0;
};

struct BootLog {
  BootLogFormat format = BootLogFormat::kCryptoAgile;
  // Those whose digests the log carries, by its header and in the header's order.
  std::vector<HashAlgorithm> banks;
  std::vector<BootEvent> events;
  // What PCR 0 began with: the locality of an EV_NO_ACTION StartupLocality event that precedes PCR
  // 0's first measurement; 4 if that measurement is an EV_EFI_HCRTM_EVENT; else 0.
  std::uint8_t startup_locality = 0;
  std::vector<LogRemark> remarks;

  [[nodiscard]] bool has_bank(HashAlgorithm bank) const;
};

// What could be read. `broken` is set if the log ends in the middle of an event, has an impossible
// length, count or PCR index (a measured event with PCRIndex > 23): `log` then holds everything
// before the break, and nothing proves the rest. A log over limits::kBootLogSizeMax, or one whose
// header is no log at all, has no events and `broken` set. Never allocates by an unchecked count;
// linear time.
struct BootLogReading {
  BootLog log;
  std::optional<Error> broken;
};

// The log borrows `bytes`.
BootLogReading read_boot_log(ByteView bytes);

}  // namespace quotemill
