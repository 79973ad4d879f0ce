// ImaState: what is kept of a host's runtime list between attestations of one boot; below 1 kB,
// whatever its length.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/eventlog/ima_progress.h"

namespace quotemill {

struct ImaState {
  ImaProgress progress;                 // after the entries that quotes proved
  std::uint64_t proven_size = 0;        // their bytes: the next piece begins there
  std::uint64_t listed = 0;             // entries that the host ever listed
  std::uint8_t template_hash_size = 0;  // 0: nothing was read yet
  std::optional<Digest> boot_aggregate = {};

  // The beginning of a boot.
  static ImaState of_boot(HashAlgorithm quoted_bank);

  // Listed, and not proven by a quote yet.
  [[nodiscard]] std::uint64_t unproven() const { return listed - progress.entries(); }

  // Version 1: u64 proven size, u64 listed, u8 template hash size, u16 TPM_ALG_ID of the
  // boot_aggregate (0: none) and its value, then the progress.
  void write(ByteWriter& out) const;
  static Result<ImaState> read(ByteView bytes);
};

static_assert(sizeof(ImaState) <= limits::kImaProgressSizeMax);

}  // namespace quotemill
