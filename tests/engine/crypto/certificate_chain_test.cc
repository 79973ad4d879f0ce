#include "engine/crypto/certificate_chain.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::CertificateSpec;
using testing::fixtures;
using testing::have_fixtures;
using testing::issue;
using testing::kDayMs;
using testing::kTestTime;
using testing::read_file;
using testing::self_signed;
using testing::SigningKey;

constexpr const char* kEkUsage = "2.23.133.8.1";  // tcg-kp-EKCertificate

// A vendor: a root, an intermediate, and a TPM with its EK.
struct Vendor {
  SigningKey root_key = SigningKey::generate(KeyKind::kEcP384);
  SigningKey middle_key = SigningKey::generate(KeyKind::kEcP256);
  SigningKey ek_key = SigningKey::generate(KeyKind::kEcP256);
  Certificate root = self_signed({.common_name = "Vendor Root", .ca = true}, root_key);
  Certificate middle = issue({.common_name = "Vendor Intermediate", .ca = true},
                             middle_key.public_key(), root_key, root);

  [[nodiscard]] Certificate ek(const CertificateSpec& spec = good_ek()) const {
    return issue(spec, ek_key.public_key(), middle_key, middle);
  }

  static CertificateSpec good_ek() {
    return {.critical_tcg_san = true, .extended_usage = kEkUsage};
  }
};

const Vendor& vendor() {
  static const Vendor vendor;
  return vendor;
}

TrustedRoots trusted() {
  return TrustedRoots({vendor().root, vendor().middle});
}

void expect_denied(const Result<void>& result, std::string_view reason) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDenied);
  EXPECT_NE(result.error().detail.find(reason), std::string::npos) << result.error().detail;
}

TEST(CertificateChain, CountsAnchorsAndIntermediates) {
  const TrustedRoots roots({vendor().root, vendor().middle, vendor().ek()});
  EXPECT_EQ(roots.anchors(), 1U);
  EXPECT_EQ(roots.intermediates(), 1U);
}

// HOSTILE_INPUTS, certificates: the critical SAN of an empty subject must be handled.
TEST(CertificateChain, AcceptsACriticalTcgSanWithAnEmptySubject) {
  const Result<void> result = trusted().check_ek_certificate(vendor().ek(), kTestTime);
  EXPECT_TRUE(result) << result.error().to_string();
}

TEST(CertificateChain, AcceptsWithoutExtendedKeyUsage) {
  EXPECT_TRUE(trusted().check_ek_certificate(vendor().ek({.common_name = "EK"}), kTestTime));
}

TEST(CertificateChain, AcceptsAnIntermediateThatWasSent) {
  const TrustedRoots roots({vendor().root});
  expect_denied(roots.check_ek_certificate(vendor().ek(), kTestTime), "certificate 0");
  EXPECT_TRUE(roots.check_ek_certificate(vendor().ek(), kTestTime, {vendor().middle}));
}

TEST(CertificateChain, NeverTrustsWhatWasSent) {
  const TrustedRoots none({});
  EXPECT_FALSE(
      none.check_ek_certificate(vendor().ek(), kTestTime, {vendor().middle, vendor().root}));
  // Nor an intermediate of the operator's without its root.
  const TrustedRoots partial({vendor().middle});
  EXPECT_FALSE(partial.check_ek_certificate(vendor().ek(), kTestTime));
  EXPECT_FALSE(partial.check_ek_certificate(vendor().ek(), kTestTime, {vendor().root}));
}

TEST(CertificateChain, RefusesAnotherVendorWithTheSameNames) {
  const Vendor impostor;
  expect_denied(trusted().check_ek_certificate(impostor.ek(), kTestTime), "certificate");
  expect_denied(
      trusted().check_ek_certificate(impostor.ek(), kTestTime, {impostor.middle, impostor.root}),
      "certificate");
}

TEST(CertificateChain, RefusesAnEkCertificateThatIsACa) {
  const Certificate ca = vendor().ek({.common_name = "EK", .ca = true});
  expect_denied(trusted().check_ek_certificate(ca, kTestTime), "is a CA");
  expect_denied(trusted().check_ek_certificate(vendor().root, kTestTime), "is a CA");
}

TEST(CertificateChain, RefusesALeafThatSignsAnother) {
  const Certificate ek = vendor().ek({.common_name = "EK"});
  const Certificate below =
      issue({.common_name = "Below"}, vendor().middle_key.public_key(), vendor().ek_key, ek);
  EXPECT_FALSE(trusted().check_ek_certificate(below, kTestTime, {ek}));
}

TEST(CertificateChain, RefusesAnUnhandledCriticalExtension) {
  CertificateSpec spec = Vendor::good_ek();
  spec.unknown_critical = true;
  expect_denied(trusted().check_ek_certificate(vendor().ek(spec), kTestTime),
                "unhandled critical extension");
}

TEST(CertificateChain, RefusesAnExpiredOrFutureLeaf) {
  const Certificate ek = vendor().ek();
  expect_denied(trusted().check_ek_certificate(ek, {kTestTime.ms + 366 * kDayMs}), "expired");
  expect_denied(trusted().check_ek_certificate(ek, {kTestTime.ms - 366 * kDayMs}), "not yet valid");
}

TEST(CertificateChain, RefusesAnExpiredRoot) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const Certificate root = self_signed(
      {.common_name = "Old Root", .ca = true, .not_after = {kTestTime.ms - kDayMs}}, key);
  const Certificate ek = issue(Vendor::good_ek(), vendor().ek_key.public_key(), key, root);
  const TrustedRoots roots({root});
  expect_denied(roots.check_ek_certificate(ek, kTestTime), "certificate 1 (CN=Old Root)");
  EXPECT_TRUE(roots.check_ek_certificate(ek, {kTestTime.ms - 2 * kDayMs}));
}

TEST(CertificateChain, RefusesAWeakSignatureAlgorithm) {
  CertificateSpec spec = Vendor::good_ek();
  spec.sign_with_md5 = true;
  const SigningKey key = SigningKey::generate(KeyKind::kRsa);
  const Certificate root = self_signed({.common_name = "Root", .ca = true}, key);
  const Certificate ek = issue(spec, vendor().ek_key.public_key(), key, root);
  expect_denied(TrustedRoots({root}).check_ek_certificate(ek, kTestTime), "too weak");
}

TEST(CertificateChain, RefusesAChainThatIsTooLong) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const Certificate root = self_signed({.common_name = "CA 0", .ca = true}, key);
  std::vector<Certificate> sent;
  Certificate last = root;
  for (std::size_t size = 2; size <= limits::kCertificateChainMax + 1; ++size) {
    const Certificate ek = issue(Vendor::good_ek(), vendor().ek_key.public_key(), key, last);
    EXPECT_EQ(TrustedRoots({root}).check_ek_certificate(ek, kTestTime, sent).has_value(),
              size <= limits::kCertificateChainMax)
        << size;
    last = issue({.common_name = "CA " + std::to_string(size), .ca = true}, key.public_key(), key,
                 last);
    sent.push_back(last);
  }
}

TEST(CertificateChain, EscapesTheNameItReports) {
  const Certificate ek = vendor().ek({.common_name = "x\ntrusted: yes\x1b[31m"});
  const Result<void> result = trusted().check_ek_certificate(ek, {kTestTime.ms + 366 * kDayMs});
  ASSERT_FALSE(result);
  for (const char c : result.error().detail) {
    EXPECT_GE(c, 0x20);
    EXPECT_LT(c, 0x7F);
  }
}

// --- Real chains ---------------------------------------------------------------------------------

std::vector<Certificate> certificates_in(const std::filesystem::path& path) {
  Result<CertificateFile> file = parse_certificate_file(read_file(fixtures() / path));
  return file ? std::move(file->certificates) : std::vector<Certificate>();
}

std::vector<Certificate> certificates_of_folder(const std::filesystem::path& folder) {
  std::vector<Certificate> all;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures() / folder)) {
    for (Certificate& certificate : certificates_in(folder / entry.path().filename())) {
      all.push_back(std::move(certificate));
    }
  }
  return all;
}

// The middle of the certificate's own validity: tests do not expire.
WallTime valid_moment(const Certificate& certificate) {
  return {certificate.not_before().ms + kDayMs};
}

Result<void> check_file(const std::vector<Certificate>& roots, const std::filesystem::path& path) {
  const Result<Certificate> ek = [&path]() -> Result<Certificate> {
    const std::vector<Certificate> plain = certificates_in(path);
    return plain.empty() ? Certificate::from_nv(read_file(fixtures() / path)) : plain[0];
  }();
  if (!ek) {
    return ek.error();
  }
  return TrustedRoots(roots).check_ek_certificate(*ek, valid_moment(*ek));
}

void expect_chains(const std::vector<Certificate>& roots, const std::filesystem::path& path) {
  const Result<void> result = check_file(roots, path);
  EXPECT_TRUE(result) << path << ": " << result.error().to_string();
}

class CertificateChainFixtures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_fixtures()) {
      GTEST_SKIP() << "no fixtures";
    }
  }
};

TEST_F(CertificateChainFixtures, SwtpmEkChainsToItsRoot) {
  for (const std::filesystem::path folder : {"qemu/sb-on", "qemu/sb-off"}) {
    std::vector<Certificate> roots = certificates_in(folder / "ek-rootca.pem");
    for (const Certificate& certificate : certificates_in(folder / "ek-ca.pem")) {
      roots.push_back(certificate);
    }
    expect_chains(roots, folder / "ek-rsa.crt.der");
    expect_chains(roots, folder / "ek-ecc.crt.der");
  }
}

TEST_F(CertificateChainFixtures, StMicroelectronicsEksChainToGlobalSign) {
  const std::vector<Certificate> roots =
      certificates_of_folder("kgoldman+ibmtss/utils/certificates");
  const std::filesystem::path hirs =
      "nsacyber+HIRS/HIRS_AttestationCA/src/test/resources/certificates";
  expect_chains(roots, hirs / "nuc-1/ek_cert_untouched.cer");
  expect_chains(roots, hirs / "nuc-1/tpmcert.pem");
  expect_chains(roots, hirs / "nuc-2/tpmcert.pem");
  expect_chains(roots, hirs / "ab21ccf2-tpmcert.pem");
  expect_chains(roots, "nsacyber+paccor/src/test/resources/ek.cer");
  expect_chains(roots, "derived/keylime+keylime/certs/test_test_cert_utils.py-2.der");
  expect_chains(roots, "derived/keylime+keylime/certs/test_test_cert_utils.py-3.der");
}

TEST_F(CertificateChainFixtures, GoogleEksChainToGoogle) {
  const std::vector<Certificate> roots =
      certificates_of_folder("google+go-tpm-tools/server/ca-certs");
  const std::filesystem::path folder = "google+go-tpm-tools/internal/test/certificates";
  for (const char* const name :
       {"pca_tpm_ecc_enc_cert.pem", "pca_tpm_ecc_sign_cert.pem", "pca_tpm_rsa_enc_cert.pem"}) {
    expect_chains(roots, folder / name);
  }
  expect_chains(roots, "tuples/t02-gotpmtools-cos85-nonce9009-sha256/ak.crt");
}

TEST_F(CertificateChainFixtures, NoEkChainsToAnotherVendor) {
  const std::vector<Certificate> google =
      certificates_of_folder("google+go-tpm-tools/server/ca-certs");
  EXPECT_FALSE(check_file(google, "qemu/sb-on/ek-rsa.crt.der"));
  EXPECT_FALSE(check_file(google, "nsacyber+paccor/src/test/resources/ek.cer"));
}

TEST_F(CertificateChainFixtures, TheKeyOfTheEkCertificateIsItsPublicArea) {
  const Result<Certificate> certificate =
      Certificate::from_der(read_file(fixtures() / "qemu/sb-on/ek-rsa.crt.der"));
  const Bytes pem = read_file(fixtures() / "qemu/sb-on/ek.pem");
  const Result<PublicKey> key = PublicKey::from_pem(as_text(pem));
  ASSERT_TRUE(certificate && key);
  EXPECT_TRUE(certificate->key().same_as(*key));
}

}  // namespace
}  // namespace quotemill
