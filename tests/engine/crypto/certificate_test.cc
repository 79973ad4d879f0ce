#include "engine/crypto/certificate.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::cached_key;
using testing::CertificateSpec;
using testing::fixtures;
using testing::have_fixtures;
using testing::kDayMs;
using testing::kTestTime;
using testing::read_file;
using testing::self_signed;
using testing::SigningKey;

const SigningKey& key() {
  static const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  return key;
}

Certificate some_certificate() {
  return testing::self_signed({.common_name = "Test"}, key());
}

// As TPMs of the time of TPM 1.2 keep a certificate in NV.
Bytes with_nv_header(ByteView der) {
  ByteWriter out;
  out.u16_be(0x1001).u8(0).u16_be(static_cast<std::uint16_t>(der.size() + 2)).u16_be(0x1002);
  return out.bytes(der).take();
}

Bytes followed_by(Bytes bytes, std::size_t count, std::uint8_t value) {
  bytes.insert(bytes.end(), count, value);
  return bytes;
}

TEST(Certificate, ReadsItsFields) {
  const Certificate ca = testing::self_signed({.common_name = "Root", .ca = true}, key());
  EXPECT_TRUE(ca.is_ca());
  EXPECT_TRUE(ca.is_self_signed());
  EXPECT_EQ(ca.subject(), "CN=Root");
  EXPECT_EQ(ca.issuer(), "CN=Root");
  EXPECT_EQ(ca.not_before().ms, kTestTime.ms - 365 * kDayMs);
  EXPECT_EQ(ca.not_after().ms, kTestTime.ms + 365 * kDayMs);
  EXPECT_TRUE(ca.key().same_as(key().public_key()));
  const Certificate leaf = testing::issue({.common_name = "Leaf"}, key().public_key(), key(), ca);
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_FALSE(leaf.is_self_signed());
  EXPECT_EQ(leaf.issuer(), "CN=Root");
}

TEST(Certificate, DerRoundTrips) {
  const Bytes der = some_certificate().der();
  EXPECT_EQ(Certificate::from_der(der)->der(), der);
}

TEST(Certificate, RefusesTrailingBytesBehindTheDer) {
  const Bytes der = followed_by(some_certificate().der(), 1, 0);
  const Result<Certificate> certificate = Certificate::from_der(der);
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().code, ErrorCode::kTrailing);
}

TEST(Certificate, RefusesEveryTruncation) {
  const Bytes der = some_certificate().der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(Certificate::from_der(ByteView(der).first(size))) << size;
    EXPECT_FALSE(Certificate::from_nv(ByteView(der).first(size))) << size;
  }
}

TEST(Certificate, RefusesMoreThanTheLimit) {
  const Bytes large = followed_by(some_certificate().der(), 17 * 1024, 0);
  EXPECT_EQ(Certificate::from_der(large).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(Certificate::from_nv(large).error().code, ErrorCode::kTooLarge);
}

TEST(Certificate, NvMayHaveAHeaderAndPadding) {
  const Bytes der = some_certificate().der();
  for (const Bytes& nv : {der, followed_by(der, 400, 0x00), followed_by(der, 400, 0xFF),
                          with_nv_header(der), followed_by(with_nv_header(der), 9, 0xFF)}) {
    const Result<Certificate> certificate = Certificate::from_nv(nv);
    ASSERT_TRUE(certificate) << certificate.error().to_string();
    EXPECT_EQ(certificate->der(), der);
  }
}

TEST(Certificate, NvRefusesOtherBytesBehindTheDer) {
  const Bytes der = some_certificate().der();
  EXPECT_EQ(Certificate::from_nv(followed_by(der, 2, 0x30)).error().code, ErrorCode::kTrailing);
  EXPECT_EQ(Certificate::from_nv(followed_by(followed_by(der, 1, 0x00), 1, 0xFF)).error().code,
            ErrorCode::kTrailing);
  EXPECT_EQ(Certificate::from_nv(followed_by(with_nv_header(der), 2, 0x41)).error().code,
            ErrorCode::kTrailing);
}

TEST(Certificate, NvRefusesAHeaderThatLies) {
  const Bytes der = some_certificate().der();
  Bytes longer = with_nv_header(der);
  longer[4] = static_cast<std::uint8_t>(longer[4] + 1);
  EXPECT_FALSE(Certificate::from_nv(longer));
  Bytes partial = with_nv_header(der);
  partial[2] = 1;  // TCG_PARTIAL_SMALL_CERT
  EXPECT_EQ(Certificate::from_nv(partial).error().code, ErrorCode::kUnsupported);
  Bytes tag = with_nv_header(der);
  tag[6] = 3;
  EXPECT_EQ(Certificate::from_nv(tag).error().code, ErrorCode::kUnsupported);
}

// CVE-2022-23949's kind of attack: a name that forges lines of a log.
TEST(Certificate, NamesArePrintable) {
  const Certificate hostile =
      testing::self_signed({.common_name = "a\n2025 root: trusted\x1b[31m\x7f"}, key());
  for (const char c : hostile.subject()) {
    EXPECT_GE(c, 0x20);
    EXPECT_LT(c, 0x7F);
  }
}

TEST(CertificateFile, ReadsManyPemBlocksAndIgnoresOthers) {
  const std::string pem = testing::to_pem(some_certificate());
  const std::string file =
      "A comment\n" + pem + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" + pem;
  const Result<CertificateFile> parsed = parse_certificate_file(as_bytes(file));
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->certificates.size(), 2U);
  EXPECT_EQ(parsed->skipped, 0U);
}

TEST(CertificateFile, ReadsOneDer) {
  EXPECT_EQ(parse_certificate_file(some_certificate().der())->certificates.size(), 1U);
}

TEST(CertificateFile, RefusesAFileWithoutAny) {
  EXPECT_EQ(parse_certificate_file({}).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(parse_certificate_file(as_bytes("no certificate here")).error().code,
            ErrorCode::kMalformed);
  EXPECT_EQ(parse_certificate_file(
                as_bytes("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))
                .error()
                .code,
            ErrorCode::kMalformed);
}

TEST(CertificateFile, RefusesABrokenBlock) {
  const std::string pem = testing::to_pem(some_certificate());
  EXPECT_FALSE(parse_certificate_file(as_bytes(pem + pem.substr(0, pem.size() / 2))));
  EXPECT_FALSE(parse_certificate_file(
      as_bytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
}

// --- Real certificates ---------------------------------------------------------------------------

constexpr const char* kHirs = "nsacyber+HIRS/HIRS_AttestationCA/src/test/resources/certificates";

TEST(CertificateFixtures, TheNvImageOfANucIsItsCertificate) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const auto folder = fixtures() / kHirs / "nuc-1";
  const Bytes nv = read_file(folder / "ek_cert_untouched.cer");
  const Result<Certificate> from_nv = Certificate::from_nv(nv);
  ASSERT_TRUE(from_nv) << from_nv.error().to_string();
  EXPECT_EQ(from_nv->der(), read_file(folder / "ek_cert_7_byte_header_removed.cer"));
  EXPECT_FALSE(Certificate::from_der(nv));
  // Its key has the RSAES-OAEP object identifier.
  EXPECT_EQ(from_nv->key().name(), "rsa2048");
}

TEST(CertificateFixtures, PaddingBehindTheDerIsDropped) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Bytes nv =
      read_file(fixtures() / "derived/keylime+keylime/certs/test_test_cert_utils.py-2.der");
  EXPECT_EQ(Certificate::from_der(nv).error().code, ErrorCode::kTrailing);
  EXPECT_TRUE(Certificate::from_nv(nv));
}

// Every certificate of MANIFEST.tsv whose kind is ek-cert or vendor-ca.
std::vector<std::filesystem::path> all_certificate_files() {
  std::vector<std::filesystem::path> files;
  const Bytes manifest = read_file(fixtures() / "MANIFEST.tsv");
  std::string_view text = as_text(manifest);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool wanted = line.find("\tek-cert\t") != std::string_view::npos ||
                        line.find("\tvendor-ca\t") != std::string_view::npos;
    const std::filesystem::path path(line.substr(0, line.find('\t')));
    const std::string extension = path.extension().string();
    if (wanted && extension != ".db" && extension != ".txt" && extension != "") {
      files.push_back(path);
    }
  }
  return files;
}

// A line of its Base64 is damaged; OpenSSL's own tool refuses it, too.
const std::filesystem::path kBrokenPem = std::filesystem::path(kHirs) / "stmtpmekint02.pem";

TEST(CertificateFixtures, EveryVendorsCertificateIsRead) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::size_t read = 0;
  for (const std::filesystem::path& path : all_certificate_files()) {
    const Bytes contents = read_file(fixtures() / path);
    const Result<CertificateFile> file = parse_certificate_file(contents);
    if (path == kBrokenPem) {
      EXPECT_FALSE(file);
    } else if (file) {
      EXPECT_EQ(file->skipped, path.filename() == "test_test_cert_utils.py-4.der" ? 1U : 0U)
          << path << " (an RSASSA-PSS key, which no EK has)";
      read += file->certificates.size();
    } else {
      EXPECT_TRUE(Certificate::from_nv(contents)) << path << ": " << file.error().to_string();
    }
  }
  EXPECT_GT(read, 150U);
}

TEST(Certificate, TellsTheIdentifiersOfItsKey) {
  const SigningKey key = cached_key(KeyKind::kEcP256);
  const Certificate certificate = self_signed({.common_name = "Signer"}, key);
  EXPECT_TRUE(certificate.subject_key_id().empty()) << "it has no such extension";
  const Bytes spki = key.public_key().spki_der();
  const ByteView point = ByteView(spki).last(65);  // what the bit string holds
  EXPECT_EQ(certificate.key_digest(), hash(HashAlgorithm::kSha1, point));
}

}  // namespace
}  // namespace quotemill
