#include "engine/eventlog/boot_log.h"

#include <algorithm>

#include "engine/eventlog/event_type.h"

namespace quotemill {

std::string_view name_of(BootLogFormat format) {
  switch (format) {
    case BootLogFormat::kSha1:
      return "sha1";
    case BootLogFormat::kCryptoAgile:
      return "crypto_agile";
  }
  return "unknown";
}

std::string_view name_of(LogRemarkCode code) {
  switch (code) {
    case LogRemarkCode::kPaddingDropped:
      return "padding_dropped";
    case LogRemarkCode::kSpecIdRepeated:
      return "spec_id_repeated";
    case LogRemarkCode::kNoActionDigestNotZero:
      return "no_action_digest_not_zero";
    case LogRemarkCode::kNoActionPcrNotZero:
      return "no_action_pcr_not_zero";
    case LogRemarkCode::kLocalityInvalid:
      return "locality_invalid";
    case LogRemarkCode::kDigestMissing:
      return "digest_missing";
    case LogRemarkCode::kUnknownDigestAlgorithm:
      return "unknown_digest_algorithm";
  }
  return "unknown";
}

std::size_t bank_index(HashAlgorithm bank) {
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

ByteView BootEvent::digest(HashAlgorithm bank) const {
  const std::uint16_t at = digest_at[bank_index(bank)];
  return at == kNoDigest ? ByteView{} : digests.subspan(at, digest_size(bank));
}

bool BootEvent::is_measured() const {
  return type != event_type::kNoAction;
}

bool BootLog::has_bank(HashAlgorithm bank) const {
  return std::find(banks.begin(), banks.end(), bank) != banks.end();
}

}  // namespace quotemill
