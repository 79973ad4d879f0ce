#include "engine/eventlog/ima_state.h"

#include <array>

namespace quotemill {

ImaState ImaState::of_boot(HashAlgorithm quoted_bank) {
  ImaState state;
  state.progress = ImaProgress(std::array{quoted_bank});
  return state;
}

void ImaState::write(ByteWriter& out) const {
  out.u64_le(proven_size).u64_le(listed).u8(template_hash_size);
  out.u16_le(boot_aggregate ? static_cast<std::uint16_t>(boot_aggregate->algorithm()) : 0);
  if (boot_aggregate) {
    out.bytes(boot_aggregate->view());
  }
  progress.write(out);
}

Result<ImaState> ImaState::read(ByteView bytes) {
  ByteReader in(bytes);
  ImaState state;
  state.proven_size = in.u64_le();
  state.listed = in.u64_le();
  state.template_hash_size = in.u8();
  if (const std::uint16_t id = in.u16_le(); id != 0) {
    const std::optional<HashAlgorithm> algorithm = hash_algorithm(id);
    if (!algorithm) {
      return Error{ErrorCode::kMalformed, "runtime list state"};
    }
    state.boot_aggregate = Digest::from(*algorithm, in.bytes(digest_size(*algorithm)));
  }
  if (!in.ok()) {
    return Error{ErrorCode::kMalformed, "runtime list state"};
  }
  const Result<ImaProgress> progress = ImaProgress::read(in.rest());
  if (!progress) {
    return progress.error();
  }
  state.progress = *progress;
  if (state.listed < state.progress.entries()) {
    return Error{ErrorCode::kMalformed, "runtime list state"};
  }
  return state;
}

}  // namespace quotemill
