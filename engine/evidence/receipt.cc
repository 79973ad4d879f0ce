#include "engine/evidence/receipt.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kFlagNonce = 1;
constexpr std::size_t kCodeSizeMax = 64;
constexpr std::size_t kMessageSizeMax = 1024;

std::vector<PcrSelection> read_selections(ByteReader& in) {
  std::vector<PcrSelection> selections;
  const std::uint8_t count = in.u8();
  if (count > limits::kPcrSelectionsMax) {
    in.fail(ErrorCode::kTooLarge);
  }
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    const std::optional<HashAlgorithm> bank = hash_algorithm(in.u16_le());
    const std::uint32_t mask = in.u32_le();
    if (!bank || mask >> limits::kPcrCount != 0) {
      in.fail(ErrorCode::kMalformed);
      break;
    }
    selections.push_back({*bank, mask});
  }
  return selections;
}

std::vector<ReceiptFinding> read_findings(ByteReader& in) {
  std::vector<ReceiptFinding> findings;
  const std::uint8_t count = in.u8();
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    ReceiptFinding finding;
    finding.severity = in.u8();
    finding.code = as_text(in.sized16_le(kCodeSizeMax));
    finding.message = as_text(in.sized16_le(kMessageSizeMax));
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

Bytes encode_receipt(const Receipt& receipt) {
  ByteWriter out;
  out.u8(kVersion)
      .u8(receipt.state)
      .u8(receipt.next_nonce ? kFlagNonce : 0)
      .u8(0)
      .bytes(receipt.host.view())
      .u32_le(receipt.generation)
      .u64_le(receipt.number)
      .u32_le(receipt.next_due_ms)
      .u32_le(receipt.nonce_valid_ms)
      .bytes(receipt.next_nonce.value_or(Nonce{}));
  out.u8(static_cast<std::uint8_t>(receipt.selections.size()));
  for (const PcrSelection& selection : receipt.selections) {
    out.u16_le(static_cast<std::uint16_t>(selection.bank)).u32_le(selection.mask);
  }
  const std::size_t findings = std::min<std::size_t>(receipt.findings.size(), 0xFF);
  out.u8(static_cast<std::uint8_t>(findings));
  for (std::size_t i = 0; i < findings; ++i) {
    const ReceiptFinding& finding = receipt.findings[i];
    out.u8(finding.severity)
        .sized16_le(as_bytes(std::string_view(finding.code).substr(0, kCodeSizeMax)))
        .sized16_le(as_bytes(std::string_view(finding.message).substr(0, kMessageSizeMax)));
  }
  return out.take();
}

Result<Receipt> decode_receipt(ByteView bytes) {
  ByteReader in(bytes);
  Receipt receipt;
  if (in.u8() != kVersion) {
    in.fail(ErrorCode::kUnsupported);
  }
  receipt.state = in.u8();
  const std::uint8_t flags = in.u8();
  if (flags > kFlagNonce || in.u8() != 0) {
    in.fail(ErrorCode::kMalformed);
  }
  receipt.host.bytes = in.array<16>();
  receipt.generation = in.u32_le();
  receipt.number = in.u64_le();
  receipt.next_due_ms = in.u32_le();
  receipt.nonce_valid_ms = in.u32_le();
  const Nonce nonce = in.array<32>();
  if (flags == kFlagNonce) {
    receipt.next_nonce = nonce;
  }
  receipt.selections = read_selections(in);
  receipt.findings = read_findings(in);
  return in.finish(std::move(receipt), "receipt");
}

}  // namespace quotemill
