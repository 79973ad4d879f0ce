// PCR selections, PCR values, and the composite digest that a quote signs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/base/limits.h"
#include "engine/base/result.h"

namespace quotemill {

// Some PCRs of one bank. Bit n of `mask` is PCR n; PCRs from 24 on are never selected.
struct PcrSelection {
  HashAlgorithm bank = HashAlgorithm::kSha256;
  std::uint32_t mask = 0;

  [[nodiscard]] bool has(std::uint32_t pcr) const {
    return pcr < limits::kPcrCount && (mask >> pcr & 1U) != 0;
  }

  [[nodiscard]] std::string to_string() const;  // "sha256:0,1,7"
  friend bool operator==(const PcrSelection&, const PcrSelection&) = default;
};

// "sha256:0,1,2+sha1:10", "none" if there is none.
std::string to_string(const std::vector<PcrSelection>& selections);

// What tpm2-tools write, "sha256:0,1,2+sha1:10"; kConfig with the remedy otherwise.
Result<std::vector<PcrSelection>> parse_pcr_selection(std::string_view text);

// TPML_PCR_SELECTION (Part 2, 10.9.7), in the order of the message, as it may be in a quote. A bank
// with no PCR selected is dropped; a bank named twice, an unknown bank or a PCR from 24 on is
// kUnsupported.
std::vector<PcrSelection> read_pcr_selections(ByteReader& in);
void write_pcr_selections(ByteWriter& out, const std::vector<PcrSelection>& selections);

// Values of PCRs 0 to 23 of one bank; only those in the mask are known, and only those take room:
// every host's state holds one.
class PcrBank {
 public:
  PcrBank() = default;

  explicit PcrBank(HashAlgorithm algorithm) : algorithm_(algorithm) {}

  // These PCRs are known, and zeros. REQUIRES: of no PCR from 24 on
  explicit PcrBank(const PcrSelection& known);

  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }

  [[nodiscard]] std::uint32_t mask() const { return mask_; }

  [[nodiscard]] bool has(std::uint32_t pcr) const {
    return pcr < limits::kPcrCount && (mask_ >> pcr & 1U) != 0;
  }

  // REQUIRES: has(pcr)
  [[nodiscard]] Digest at(std::uint32_t pcr) const;

  // The same, borrowed.
  [[nodiscard]] ByteView value(std::uint32_t pcr) const;

  // What a quote over just the known PCRs has as its digest: see pcr_digest().
  // REQUIRES: can_hash(signing_hash)
  [[nodiscard]] Digest composite(HashAlgorithm signing_hash) const;

  // REQUIRES: pcr < 24, value.algorithm() == algorithm()
  void set(std::uint32_t pcr, const Digest& value);

  [[nodiscard]] PcrSelection selection() const { return {algorithm_, mask_}; }

  // The same known PCRs, and the same values but for this one.
  [[nodiscard]] bool equals_but(std::uint32_t pcr, const PcrBank& other) const;

  // The same known PCRs with the same values.
  friend bool operator==(const PcrBank&, const PcrBank&) = default;

 private:
  // Where the value of `pcr` is, or belongs.
  [[nodiscard]] std::size_t offset_of(std::uint32_t pcr) const;

  HashAlgorithm algorithm_ = HashAlgorithm::kSha256;
  std::uint32_t mask_ = 0;
  Bytes values_;
};

// The digest of the selected PCRs' values in a quote: banks in the selection's order, PCRs
// ascending (Part 3, 18.4 TPM2_Quote), hashed with the hash of the *signing scheme*, whatever the
// bank. nullopt if a selected PCR's value is not in `banks`.
std::optional<Digest> pcr_digest(const std::vector<PcrSelection>& selections,
                                 const std::vector<PcrBank>& banks, HashAlgorithm signing_hash);

}  // namespace quotemill
