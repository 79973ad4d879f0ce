// Writes TCG boot logs: the mirror of read_boot_log(), for tests, fuzzers and simulated machines.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill {

class BootLogWriter {
 public:
  // A crypto-agile log opens with its Spec ID header (event 0); a SHA-1 log has none and takes
  // exactly {kSha1}.
  BootLogWriter(BootLogFormat format, std::vector<HashAlgorithm> banks);

  // EV_NO_ACTION StartupLocality, with digests of zeros.
  void startup_locality(std::uint8_t locality);

  // An event whose digests are the hashes of `measured` in every bank; `data` is what the log
  // shows.
  void event(std::uint32_t pcr, std::uint32_t type, ByteView measured, ByteView data);

  // The same with the digests given, one per bank in the constructor's order.
  void event_with_digests(std::uint32_t pcr, std::uint32_t type, const std::vector<Digest>& digests,
                          ByteView data);

  [[nodiscard]] ByteView bytes() const { return out_.view(); }

 private:
  BootLogFormat format_;
  std::vector<HashAlgorithm> banks_;
  ByteWriter out_;
};

}  // namespace quotemill
