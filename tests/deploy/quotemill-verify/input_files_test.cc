#include "deploy/quotemill-verify/input_files.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace quotemill::offline {
namespace {

using quotemill::testing::good_attestation_key;
using quotemill::testing::Signature;
using quotemill::testing::SigningKey;
using quotemill::testing::TempFolder;

// The file of `tpm2_quote -o` with any counts in it.
struct PcrFile {
  std::vector<PcrSelection> selections;
  std::vector<Bytes> values;
  std::optional<std::uint32_t> selection_count = {};
  std::optional<std::uint32_t> list_count = {};
  std::optional<std::uint32_t> digest_count = {};
  std::optional<std::uint16_t> digest_size = {};

  [[nodiscard]] Bytes bytes() const {
    ByteWriter out;
    out.u32_le(selection_count.value_or(static_cast<std::uint32_t>(selections.size())));
    for (std::size_t i = 0; i < 16; ++i) {
      const bool used = i < selections.size();
      out.u16_le(used ? static_cast<std::uint16_t>(selections[i].bank) : std::uint16_t{0});
      const bool wide = used && selections[i].mask > 0xFFFFFF;
      out.u8(wide ? 4 : used ? 3 : 0);
      out.u32_le(used ? selections[i].mask : 0).u8(0);
    }
    const std::size_t lists = (values.size() + 7) / 8;
    out.u32_le(list_count.value_or(static_cast<std::uint32_t>(lists)));
    for (std::size_t list = 0; list < lists; ++list) {
      const std::size_t in_list = std::min<std::size_t>(8, values.size() - list * 8);
      out.u32_le(digest_count.value_or(static_cast<std::uint32_t>(in_list)));
      for (std::size_t i = 0; i < 8; ++i) {
        Bytes value = i < in_list ? values[list * 8 + i] : Bytes{};
        out.u16_le(digest_size.value_or(static_cast<std::uint16_t>(value.size())));
        value.resize(64);
        out.bytes(value);
      }
    }
    return out.take();
  }
};

PcrFile some_values(std::uint32_t mask) {
  PcrFile file;
  file.selections = {{HashAlgorithm::kSha256, mask}};
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (file.selections[0].has(pcr)) {
      file.values.emplace_back(32, static_cast<std::uint8_t>(pcr + 1));
    }
  }
  return file;
}

TEST(PcrFile, ReadsTheFileOfTpm2Quote) {
  for (const std::uint32_t mask : {1U, 0x7FU, 0xFFU, 0x1FFU, 0xFFFFFFU}) {
    const auto banks = decode_pcr_file(some_values(mask).bytes());
    ASSERT_TRUE(banks) << mask;
    ASSERT_EQ(banks->size(), 1U);
    EXPECT_EQ(banks->front().mask(), mask);
    EXPECT_TRUE(banks->front().at(0).is_filled_with(1));
  }
}

TEST(PcrFile, Tpm2Tools2026_RefusesCountsThatCannotBe) {
  for (const std::uint32_t count : {7U, 9U, 0xFFFFFFFFU}) {
    PcrFile file = some_values(0xFF);
    file.digest_count = count;
    EXPECT_FALSE(decode_pcr_file(file.bytes())) << count;
  }
  for (const std::uint32_t count : {0U, 2U, 49U, 0xFFFFFFFFU}) {
    PcrFile file = some_values(0xFF);
    file.list_count = count;
    EXPECT_FALSE(decode_pcr_file(file.bytes())) << count;
  }
  for (const std::uint32_t count : {0U, 17U, 0xFFFFFFFFU}) {
    PcrFile file = some_values(0xFF);
    file.selection_count = count;
    EXPECT_FALSE(decode_pcr_file(file.bytes())) << count;
  }
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{0, 31, 33, 64, 65, 0xFFFF}) {
    PcrFile file = some_values(0xFF);
    file.digest_size = size;
    EXPECT_FALSE(decode_pcr_file(file.bytes())) << size;
  }
}

TEST(PcrFile, RefusesACutOrLongerFile) {
  const Bytes whole = some_values(0x1FF).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_pcr_file(ByteView(whole).first(size)));
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode_pcr_file(longer));
}

TEST(PcrFile, RefusesPcr24AndRepeatedBanks) {
  EXPECT_FALSE(decode_pcr_file(some_values(0x01000001).bytes()));
  PcrFile twice = some_values(1);
  twice.selections.push_back(twice.selections[0]);
  twice.values.push_back(twice.values[0]);
  EXPECT_FALSE(decode_pcr_file(twice.bytes()));
}

TEST(PcrFile, ReadsLinesAndYaml) {
  const std::string hex(64, 'a');
  const auto lines =
      decode_pcr_file(as_bytes("sha256:0 " + hex + "\nsha1:23 " + std::string(40, '0') + "\n"));
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ(lines->at(0).at(0).hex(), hex);
  EXPECT_TRUE(lines->at(1).has(23));
  const auto yaml = decode_pcr_file(as_bytes("  sha1:\n  sha256:\n    0 : 0x" +
                                             std::string(64, 'A') + "\n    10: 0x" + hex + "\n"));
  ASSERT_TRUE(yaml);
  ASSERT_EQ(yaml->size(), 1U);
  EXPECT_EQ(yaml->at(0).mask(), 0x401U);
  EXPECT_EQ(yaml->at(0).at(0).hex(), hex);
}

TEST(PcrFile, RefusesTextThatSaysSomethingElse) {
  const std::string hex(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("\n\n"), "sha256:24 " + hex, "sha256:0 " + hex + "00",
        "sha256:0 " + hex + "\nsha256:0 " + hex, "sha257:0 " + hex, "sha256:-1 " + hex,
        "sha256:0x1 " + hex, "0 : 0x" + hex, "sha256:0 " + hex + " more", "pcrs: of " + hex,
        std::string("sha256:0 zz"), std::string("sha256:\n  0 : 0x")}) {
    EXPECT_FALSE(decode_pcr_file(as_bytes(text))) << text;
  }
}

TEST(AttestationKeyFile, ReadsEveryForm) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const PublicArea area = good_attestation_key(key.public_key());
  const auto tpmt = decode_attestation_key(area.encoded);
  ASSERT_TRUE(tpmt);
  EXPECT_TRUE(tpmt->area.has_value());
  ByteWriter tpm2b;
  tpm2b.sized16_be(area.encoded);
  const auto sized = decode_attestation_key(tpm2b.view());
  ASSERT_TRUE(sized);
  EXPECT_TRUE(sized->key.same_as(key.public_key()));
  const auto der = decode_attestation_key(key.public_key().spki_der());
  ASSERT_TRUE(der);
  EXPECT_FALSE(der->area.has_value());
  EXPECT_TRUE(der->key.same_as(key.public_key()));
}

TEST(AttestationKeyFile, RefusesGarbage) {
  for (const std::string_view text : {"", "\x30", "-----BEGIN PUBLIC KEY-----\nxx\n", "hello"}) {
    EXPECT_FALSE(decode_attestation_key(as_bytes(text)));
  }
}

// DER of an ECDSA signature.
Bytes ecdsa_der(const Signature& signature) {
  ByteWriter numbers;
  for (const Bytes* number : {&signature.first, &signature.second}) {
    const bool high = !number->empty() && (number->front() & 0x80U) != 0;
    numbers.u8(0x02).u8(static_cast<std::uint8_t>(number->size() + (high ? 1 : 0)));
    if (high) {
      numbers.u8(0);
    }
    numbers.bytes(*number);
  }
  ByteWriter out;
  out.u8(0x30).u8(static_cast<std::uint8_t>(numbers.size())).bytes(numbers.view());
  return out.take();
}

bool any_holds(const SignatureCandidates& candidates, const AttestationKey& key, ByteView message) {
  for (const SignatureView& view : candidates.views) {
    if (signature_holds(key.key, view, hash(view.hash, message))) {
      return true;
    }
  }
  return false;
}

TEST(SignatureFile, ReadsPlainEcdsa) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const AttestationKey ak{key.public_key(), std::nullopt, false};
  const Bytes message = {1, 2, 3};
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha384}) {
    const Signature signature = key.sign(SignatureScheme::kEcdsa, hash(algorithm, message));
    const Bytes der = ecdsa_der(signature);
    const auto candidates = decode_signature_file(der, ak);
    ASSERT_TRUE(candidates);
    EXPECT_TRUE(candidates->plain);
    EXPECT_TRUE(any_holds(*candidates, ak, message));
    for (std::size_t size = 0; size < der.size(); ++size) {
      EXPECT_FALSE(decode_signature_file(ByteView(der).first(size), ak)) << size;
    }
  }
}

TEST(SignatureFile, ReadsPlainRsaOfBothSchemes) {
  const SigningKey key = SigningKey::generate(KeyKind::kRsa);
  const AttestationKey ak{key.public_key(), std::nullopt, false};
  const Bytes message = {1, 2, 3};
  for (const SignatureScheme scheme : {SignatureScheme::kRsassa, SignatureScheme::kRsapss}) {
    const Signature signature = key.sign(scheme, hash(HashAlgorithm::kSha256, message));
    const auto candidates = decode_signature_file(signature.first, ak);
    ASSERT_TRUE(candidates);
    EXPECT_TRUE(any_holds(*candidates, ak, message));
  }
}

TEST(ReadFile, TellsWhatCannotBeRead) {
  const TempFolder folder;
  const auto missing = read_file(folder / "missing", 100);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_FALSE(read_file(folder.path(), 100));
  quotemill::testing::write_file(folder / "large", Bytes(101));
  ASSERT_FALSE(read_file(folder / "large", 100));
  EXPECT_EQ(read_file(folder / "large", 100).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(read_file(folder / "large", 101)->size(), 101U);
}

}  // namespace
}  // namespace quotemill::offline
