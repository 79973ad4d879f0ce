#include "engine/evidence/evidence_codec.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"

namespace quotemill {
namespace {

EvidenceHeader some_header() {
  EvidenceHeader header;
  header.nonce_kind = NonceKind::kPreissued;
  header.host.bytes.fill(0x11);
  header.generation = 0x01020304;
  header.sequence = 0x0102030405060708;
  header.boot_id.fill(0x22);
  header.boot_log_bytes = 35'000;
  header.facts = {"debian", "12", "6.1.0", "Vendor", "Model", "agent/1"};
  return header;
}

PcrBank some_bank(HashAlgorithm algorithm, std::uint32_t mask) {
  PcrBank bank(algorithm);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if ((mask >> pcr & 1U) != 0) {
      bank.set(pcr, *Digest::from(algorithm, Bytes(digest_size(algorithm),
                                                   static_cast<std::uint8_t>(pcr + 1))));
    }
  }
  return bank;
}

const Bytes kAttest = {1, 2, 3};
const Bytes kSignature = {4, 5};

Bytes item_of(const Bytes& header_bytes, std::vector<PcrBank> pcrs = {}) {
  Evidence evidence;
  evidence.header_bytes = header_bytes;
  evidence.attest = kAttest;
  evidence.signature = kSignature;
  evidence.pcrs = std::move(pcrs);
  return encode_evidence(evidence);
}

TEST(EvidenceCodec, RoundTripsEverything) {
  const Bytes header_bytes = encode_evidence_header(some_header());
  const std::vector<PcrBank> pcrs = {some_bank(HashAlgorithm::kSha256, 0x43FF),
                                     some_bank(HashAlgorithm::kSha1, 0x800001),
                                     some_bank(HashAlgorithm::kSha384, 0x4AA2)};
  const Bytes item = item_of(header_bytes, pcrs);
  const Result<Evidence> decoded = decode_evidence(item);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  const EvidenceHeader& header = decoded->header;
  EXPECT_EQ(header.nonce_kind, NonceKind::kPreissued);
  EXPECT_EQ(header.host, some_header().host);
  EXPECT_EQ(header.generation, some_header().generation);
  EXPECT_EQ(header.sequence, some_header().sequence);
  EXPECT_EQ(header.boot_id, some_header().boot_id);
  EXPECT_EQ(header.boot_log_bytes, 35'000U);
  EXPECT_EQ(header.facts.os_id, "debian");
  EXPECT_EQ(header.facts.os_version, "12");
  EXPECT_EQ(header.facts.kernel, "6.1.0");
  EXPECT_EQ(header.facts.vendor, "Vendor");
  EXPECT_EQ(header.facts.model, "Model");
  EXPECT_EQ(header.facts.agent, "agent/1");
  EXPECT_TRUE(equal(decoded->header_bytes, header_bytes));
  EXPECT_TRUE(equal(decoded->attest, kAttest));
  EXPECT_TRUE(equal(decoded->signature, kSignature));
  EXPECT_EQ(decoded->pcrs, pcrs);
  EXPECT_EQ(encode_evidence(*decoded), item);
  EXPECT_EQ(encode_evidence_header(header), header_bytes);
}

TEST(EvidenceCodec, IsTheDocumentedLayout) {
  const Bytes header = encode_evidence_header(some_header());
  EXPECT_EQ(to_hex(ByteView(header).subspan(0, 56)),
            "01000000"
            "11111111111111111111111111111111"
            "04030201"
            "0807060504030201"
            "22222222222222222222222222222222"
            "b8880000"
            "06006465");
  const Bytes item = item_of({0xAA}, {some_bank(HashAlgorithm::kSha1, 1)});
  EXPECT_EQ(to_hex(item),
            "0100aa"
            "0300010203"
            "02000405"
            "01"
            "040001000000"
            "0101010101010101010101010101010101010101");
}

TEST(EvidenceCodec, RefusesEveryTruncation) {
  const Bytes item =
      item_of(encode_evidence_header(some_header()), {some_bank(HashAlgorithm::kSha256, 0xFF)});
  for (std::size_t size = 0; size < item.size(); ++size) {
    EXPECT_FALSE(decode_evidence(ByteView(item).subspan(0, size))) << size;
  }
}

TEST(EvidenceCodec, RefusesEveryTruncatedHeader) {
  const Bytes header = encode_evidence_header(some_header());
  for (std::size_t size = 0; size < header.size(); ++size) {
    const Bytes item =
        item_of(Bytes(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(decode_evidence(item)) << size;
  }
}

ErrorCode refusal(const Bytes& item) {
  const Result<Evidence> decoded = decode_evidence(item);
  EXPECT_FALSE(decoded);
  return decoded ? ErrorCode::kInternal : decoded.error().code;
}

TEST(EvidenceCodec, RefusesTrailingBytes) {
  Bytes header = encode_evidence_header(some_header());
  Bytes item = item_of(header);
  item.push_back(0);
  EXPECT_EQ(refusal(item), ErrorCode::kTrailing);
  header.push_back(0);
  EXPECT_EQ(refusal(item_of(header)), ErrorCode::kTrailing);
}

TEST(EvidenceCodec, RefusesUnknownVersionsKindsAndReservedBits) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    Bytes header = encode_evidence_header(some_header());
    header[at] = value;
    return refusal(item_of(header));
  };
  EXPECT_EQ(with(0, 0), ErrorCode::kUnsupported);
  EXPECT_EQ(with(0, 3), ErrorCode::kUnsupported);
  EXPECT_EQ(with(1, 2), ErrorCode::kMalformed);
  EXPECT_EQ(with(2, 1), ErrorCode::kMalformed);
  EXPECT_EQ(with(3, 1), ErrorCode::kMalformed);
}

TEST(EvidenceCodec, RefusesLengthsOverTheirBounds) {
  const auto sized = [](std::size_t header, std::size_t attest, std::size_t signature) {
    ByteWriter out;
    out.sized16_le(Bytes(header, 0)).sized16_le(Bytes(attest, 0)).sized16_le(Bytes(signature, 0));
    return refusal(out.u8(0).take());
  };
  EXPECT_EQ(sized(1025, 0, 0), ErrorCode::kTooLarge);
  EXPECT_EQ(sized(0, limits::kAttestSizeMax + 1, 0), ErrorCode::kTooLarge);
  EXPECT_EQ(sized(0, 0, limits::kSignatureSizeMax + 1), ErrorCode::kTooLarge);
}

TEST(EvidenceCodec, SaysTheFirmwareInASecondVersionOfTheHeader) {
  EvidenceHeader header = some_header();
  const Bytes first = encode_evidence_header(header);
  EXPECT_EQ(first[0], 1) << "understood by engines of before";
  header.facts.firmware = "2.19.1";
  Bytes second = encode_evidence_header(header);
  EXPECT_EQ(second[0], 2);
  const Bytes item = item_of(second);
  const Result<Evidence> decoded = decode_evidence(item);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(decoded->header.facts.firmware, "2.19.1");
  EXPECT_EQ(decoded->header.facts.agent, header.facts.agent);
  second[0] = 1;
  EXPECT_EQ(refusal(item_of(second)), ErrorCode::kTrailing) << "bytes behind the first version";
  second[0] = 3;
  EXPECT_EQ(refusal(item_of(second)), ErrorCode::kUnsupported);
}

TEST(EvidenceCodec, RefusesASecondFormOfAHeaderWithoutFirmware) {
  ByteWriter out;
  out.bytes(encode_evidence_header(some_header())).u16_le(0);
  Bytes header = out.take();
  header[0] = 2;
  EXPECT_EQ(refusal(item_of(header)), ErrorCode::kMalformed);
}

TEST(EvidenceCodec, RefusesAFactThatIsTooLong) {
  Bytes header = encode_evidence_header(some_header());
  header[52] = static_cast<std::uint8_t>(limits::kFactSizeMax + 1);
  header.resize(1000);
  EXPECT_EQ(refusal(item_of(header)), ErrorCode::kTooLarge);
}

TEST(EvidenceCodec, CutsFactsThatAreTooLongWhenItWrites) {
  EvidenceHeader header = some_header();
  const std::string kernel(1000, 'k');
  header.facts.kernel = kernel;
  const Bytes item = item_of(encode_evidence_header(header));
  const Result<Evidence> decoded = decode_evidence(item);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header.facts.kernel.size(), limits::kFactSizeMax);
}

TEST(EvidenceCodec, TakesFactsOfArbitraryBytes) {
  EvidenceHeader header = some_header();
  const std::string vendor("a\0\n\x1b[31m\xff\xfe", 10);
  header.facts.vendor = vendor;
  const Bytes item = item_of(encode_evidence_header(header));
  EXPECT_EQ(decode_evidence(item)->header.facts.vendor, vendor);
}

TEST(EvidenceCodec, RefusesBanksThatAreNone) {
  const auto bank = [](std::uint16_t algorithm, std::uint32_t mask, std::size_t size) {
    Bytes item = item_of(encode_evidence_header(some_header()));
    item.back() = 1;  // banks
    ByteWriter out;
    out.bytes(item).u16_le(algorithm).u32_le(mask).bytes(Bytes(size, 7));
    return refusal(out.take());
  };
  EXPECT_EQ(bank(0x0010, 1, 32), ErrorCode::kMalformed);  // TPM_ALG_NULL
  EXPECT_EQ(bank(0x000B, 0, 0), ErrorCode::kMalformed);
  EXPECT_EQ(bank(0x000B, 1U << 24U, 32), ErrorCode::kMalformed);
  EXPECT_EQ(bank(0x000B, 0xFFFFFFFF, 32 * 32), ErrorCode::kMalformed);
  EXPECT_EQ(bank(0x000B, 3, 32), ErrorCode::kTruncated);
}

TEST(EvidenceCodec, RefusesMoreBanksThanThereAre) {
  Bytes item = item_of(encode_evidence_header(some_header()));
  for (const std::uint8_t banks : std::initializer_list<std::uint8_t>{6, 8, 0xFF}) {
    item.back() = banks;
    EXPECT_EQ(refusal(item), ErrorCode::kTooLarge);
  }
}

}  // namespace
}  // namespace quotemill
