#include "engine/eventlog/boot_log_writer.h"

#include <cassert>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::string_view kSpecId03{"Spec ID Event03\0", 16};
constexpr std::string_view kStartupLocality{"StartupLocality\0", 16};

// TCG_EfiSpecIDEvent of specification 2.0, errata 2, for a 64-bit platform.
Bytes spec_id(const std::vector<HashAlgorithm>& banks) {
  ByteWriter out;
  out.bytes(as_bytes(kSpecId03)).u32_le(0);  // platformClass: client
  out.u8(0).u8(2).u8(2).u8(2);               // specVersionMinor, Major, Errata, uintnSize
  out.u32_le(static_cast<std::uint32_t>(banks.size()));
  for (const HashAlgorithm bank : banks) {
    out.u16_le(static_cast<std::uint16_t>(bank));
    out.u16_le(static_cast<std::uint16_t>(digest_size(bank)));
  }
  out.u8(0);  // vendorInfoSize
  return out.take();
}

}  // namespace

BootLogWriter::BootLogWriter(BootLogFormat format, std::vector<HashAlgorithm> banks)
    : format_(format), banks_(std::move(banks)) {
  assert(format_ == BootLogFormat::kCryptoAgile ||
         banks_ == std::vector<HashAlgorithm>{HashAlgorithm::kSha1});
  if (format_ == BootLogFormat::kCryptoAgile) {
    out_.u32_le(0).u32_le(event_type::kNoAction);
    out_.bytes(Digest(HashAlgorithm::kSha1).view()).sized32_le(spec_id(banks_));
  }
}

void BootLogWriter::startup_locality(std::uint8_t locality) {
  ByteWriter data;
  data.bytes(as_bytes(kStartupLocality)).u8(locality);
  std::vector<Digest> zeros;
  for (const HashAlgorithm bank : banks_) {
    zeros.emplace_back(bank);
  }
  event_with_digests(0, event_type::kNoAction, zeros, data.view());
}

void BootLogWriter::event(std::uint32_t pcr, std::uint32_t type, ByteView measured, ByteView data) {
  std::vector<Digest> digests;
  for (const HashAlgorithm bank : banks_) {
    // SM3 is never computed here: a log that lists it carries zeros for it.
    digests.push_back(can_hash(bank) ? hash(bank, measured) : Digest(bank));
  }
  event_with_digests(pcr, type, digests, data);
}

void BootLogWriter::event_with_digests(std::uint32_t pcr, std::uint32_t type,
                                       const std::vector<Digest>& digests, ByteView data) {
  assert(digests.size() == banks_.size());
  out_.u32_le(pcr).u32_le(type);
  if (format_ == BootLogFormat::kCryptoAgile) {
    out_.u32_le(static_cast<std::uint32_t>(digests.size()));
  }
  for (const Digest& digest : digests) {
    if (format_ == BootLogFormat::kCryptoAgile) {
      out_.u16_le(static_cast<std::uint16_t>(digest.algorithm()));
    }
    out_.bytes(digest.view());
  }
  out_.sized32_le(data);
}

}  // namespace quotemill
