#include "engine/evidence/evidence_codec.h"

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"

namespace quotemill {
namespace {

// The second adds the firmware, and is written only where there is something to say of it: engines
// of before understand all other hosts, and equal facts have one form.
constexpr std::uint8_t kHeaderVersion = 1;
constexpr std::uint8_t kHeaderVersionFirmware = 2;
constexpr std::size_t kHeaderSizeMax = 1024;
constexpr std::uint8_t kBanksMax = 5;

std::string_view read_fact(ByteReader& in) {
  return as_text(in.sized16_le(limits::kFactSizeMax));
}

NonceKind read_nonce_kind(ByteReader& in) {
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(NonceKind::kInteractive)) {
    in.fail(ErrorCode::kMalformed);
    return NonceKind::kInteractive;
  }
  return static_cast<NonceKind>(kind);
}

Result<EvidenceHeader> decode_header(ByteView bytes) {
  ByteReader in(bytes);
  EvidenceHeader header;
  const std::uint8_t version = in.u8();
  if (version != kHeaderVersion && version != kHeaderVersionFirmware) {
    in.fail(ErrorCode::kUnsupported);
  }
  header.nonce_kind = read_nonce_kind(in);
  if (in.u16_le() != 0) {
    in.fail(ErrorCode::kMalformed);
  }
  header.host.bytes = in.array<16>();
  header.generation = in.u32_le();
  header.sequence = in.u64_le();
  header.boot_id = in.array<16>();
  header.boot_log_bytes = in.u32_le();
  header.facts.os_id = read_fact(in);
  header.facts.os_version = read_fact(in);
  header.facts.kernel = read_fact(in);
  header.facts.vendor = read_fact(in);
  header.facts.model = read_fact(in);
  header.facts.agent = read_fact(in);
  if (version == kHeaderVersionFirmware) {
    header.facts.firmware = read_fact(in);
    if (header.facts.firmware.empty()) {
      in.fail(ErrorCode::kMalformed);
    }
  }
  return in.finish(header, "evidence.header");
}

PcrBank read_bank(ByteReader& in) {
  const std::optional<HashAlgorithm> algorithm = hash_algorithm(in.u16_le());
  const std::uint32_t mask = in.u32_le();
  if (!algorithm || mask == 0 || mask >> limits::kPcrCount != 0) {
    in.fail(ErrorCode::kMalformed);
    return PcrBank();
  }
  PcrBank bank(PcrSelection{*algorithm, mask});
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount && in.ok(); ++pcr) {
    if (!bank.has(pcr)) {
      continue;
    }
    const auto value = Digest::from(*algorithm, in.bytes(digest_size(*algorithm)));
    if (value) {
      bank.set(pcr, *value);
    }
  }
  return bank;
}

void write_fact(ByteWriter& out, std::string_view fact) {
  out.sized16_le(as_bytes(fact.substr(0, limits::kFactSizeMax)));
}

void write_bank(ByteWriter& out, const PcrBank& bank) {
  out.u16_le(static_cast<std::uint16_t>(bank.algorithm())).u32_le(bank.mask());
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (bank.has(pcr)) {
      out.bytes(bank.at(pcr).view());
    }
  }
}

}  // namespace

Result<Evidence> decode_evidence(ByteView item) {
  ByteReader in(item);
  Evidence evidence;
  evidence.header_bytes = in.sized16_le(kHeaderSizeMax);
  evidence.attest = in.sized16_le(limits::kAttestSizeMax);
  evidence.signature = in.sized16_le(limits::kSignatureSizeMax);
  const std::uint8_t banks = in.u8();
  if (banks > kBanksMax) {
    in.fail(ErrorCode::kTooLarge);
  }
  for (std::uint8_t i = 0; i < banks && in.ok(); ++i) {
    evidence.pcrs.push_back(read_bank(in));
  }
  if (!in.ok()) {
    return in.error("evidence");
  }
  Result<EvidenceHeader> header = decode_header(evidence.header_bytes);
  if (!header) {
    return header.error();
  }
  evidence.header = *header;
  return in.finish(std::move(evidence), "evidence");
}

Bytes encode_evidence_header(const EvidenceHeader& header) {
  ByteWriter out;
  const bool has_firmware = !header.facts.firmware.empty();
  out.u8(has_firmware ? kHeaderVersionFirmware : kHeaderVersion)
      .u8(static_cast<std::uint8_t>(header.nonce_kind))
      .u16_le(0)
      .bytes(header.host.view())
      .u32_le(header.generation)
      .u64_le(header.sequence)
      .bytes(header.boot_id)
      .u32_le(header.boot_log_bytes);
  write_fact(out, header.facts.os_id);
  write_fact(out, header.facts.os_version);
  write_fact(out, header.facts.kernel);
  write_fact(out, header.facts.vendor);
  write_fact(out, header.facts.model);
  write_fact(out, header.facts.agent);
  if (has_firmware) {
    write_fact(out, header.facts.firmware);
  }
  return out.take();
}

Bytes encode_evidence(const Evidence& evidence) {
  ByteWriter out;
  out.sized16_le(evidence.header_bytes)
      .sized16_le(evidence.attest)
      .sized16_le(evidence.signature)
      .u8(static_cast<std::uint8_t>(evidence.pcrs.size()));
  for (const PcrBank& bank : evidence.pcrs) {
    write_bank(out, bank);
  }
  return out.take();
}

}  // namespace quotemill
