#include "engine/eventlog/boot_log.h"

#include <algorithm>

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
    case LogRemarkCode::kVendorInfoOutside:
      return "vendor_info_outside";
  }
  return "unknown";
}

bool BootLog::has_bank(HashAlgorithm bank) const {
  return std::find(banks.begin(), banks.end(), bank) != banks.end();
}

}  // namespace quotemill
