#include "bench/simulator/esxi_hosts.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace quotemill::bench {
namespace {

// What nobody is failed for: a name in the log, an event that a newer ESXi may have brought, a
// secret that somebody typed.
constexpr std::array kWarnings = {EsxiFault::kRenamedModule, EsxiFault::kUnknownTag,
                                  EsxiFault::kHiddenBehind, EsxiFault::kSecretTyped};

Result<void> write_whole(const std::string& path, std::string_view contents) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  out.close();
  return out ? Result<void>() : Error{ErrorCode::kIo, "", 0, path + ": cannot be written"};
}

}  // namespace

Expected expected_of(EsxiFault fault) {
  if (fault == EsxiFault::kNone) {
    return {};
  }
  const EsxiAnswer answer = answer_to(fault);
  if (fault == EsxiFault::kTestSigner) {
    // VMware's own is known by its digest, and not to be had: to a daemon this one is nobody's.
    return {TrustState::kFailed, name_of(FindingCode::kEsxiSignerUnknown)};
  }
  const FindingCode code =
      answer.finding || answer.appraised.empty() ? *answer.finding : answer.appraised.front();
  const bool is_warning = std::find(kWarnings.begin(), kWarnings.end(), fault) != kWarnings.end();
  return {is_warning ? TrustState::kWarning : TrustState::kFailed,
          answer.is_seen_by_quote ? std::string_view() : name_of(code)};
}

Result<void> write_esxi_files(const EsxiFleet& fleet, const std::string& folder) {
  for (std::uint32_t image = 0; image < fleet.images(); ++image) {
    const Result<void> written = write_whole(folder + "/image-" + std::to_string(image),
                                             as_text(fleet.image(image).database));
    if (!written) {
      return written;
    }
  }
  return write_whole(folder + "/esxi.toml",
                     "[policy]\nid = \"simulated-esxi\"\nversion = 1\npriority = 10\n"
                     "[match]\nnames = [\"sim-*\"]\n"
                     "[identity]\nimported = \"info\"\n"
                     "[freshness]\nattest_every = \"60s\"\nstale_after = \"5m\"\n"
                     "[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]\n"
                     "[boot]\nbaselines = [\"none\"]\nno_baseline = \"info\"\n"
                     "[esxi]\nimage = \"fail\"\n" +
                         fleet.rules());
}

}  // namespace quotemill::bench
