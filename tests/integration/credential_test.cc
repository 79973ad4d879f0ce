// Our MakeCredential against a real TPM implementation (swtpm over libtpms): what we make, the TPM
// opens, and what tpm2-tools make for the same key, it opens as well.
#include "engine/tpm/credential.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/random.h"
#include "engine/tpm/public_area.h"
#include "tests/support/swtpm.h"

namespace quotemill {
namespace {

using testing::Finished;
using testing::read_file;
using testing::Swtpm;
using testing::write_file;

// The file that tpm2_activatecredential reads: magic, version, then the two TPM2Bs.
constexpr std::uint32_t kToolsMagic = 0xBADCC0DE;
constexpr std::uint32_t kToolsVersion = 1;

struct Algorithms {
  const char* ek;
  const char* ak;
  const char* ak_scheme;
};

void write_credential(const Swtpm& tpm, const char* file, const Credential& credential) {
  ByteWriter out;
  out.u32_be(kToolsMagic).u32_be(kToolsVersion);
  out.bytes(credential.id_object).bytes(credential.encrypted_secret);
  write_file(tpm.folder() / file, out.view());
}

class CredentialWithTpm : public ::testing::TestWithParam<Algorithms> {
 protected:
  void SetUp() override {
    tpm_ = Swtpm::start();
    if (tpm_ == nullptr) {
      GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
    }
    must({"tpm2_createek", "-c", "ek.ctx", "-G", GetParam().ek, "-u", "ek.pub"});
    flush();
    must({"tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", GetParam().ak, "-g", "sha256",
          "-s", GetParam().ak_scheme, "-u", "ak.pub", "-n", "ak.name"});
    flush();
  }

  void must(const std::vector<std::string>& arguments) {
    const Finished finished = tpm_->tool(arguments);
    ASSERT_TRUE(finished.ok()) << arguments[0] << ": " << finished.output;
  }

  // swtpm has room for three transient objects and no resource manager.
  void flush() {
    must({"tpm2_flushcontext", "-t"});
    must({"tpm2_flushcontext", "-l"});
  }

  // The secret that the TPM releases for the credential in `file`; empty if it refuses.
  Bytes activate(const std::string& file) {
    must({"tpm2_startauthsession", "--policy-session", "-S", "session.ctx"});
    must({"tpm2_policysecret", "-S", "session.ctx", "-c", "e"});
    const Finished finished =
        tpm_->tool({"tpm2_activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", file, "-o",
                    "released", "-P", "session:session.ctx"});
    flush();
    return finished.ok() ? read_file(tpm_->folder() / "released") : Bytes{};
  }

  Result<PublicArea> decoded(const char* file) {
    return decode_tpm2b_public(read_file(tpm_->folder() / file));
  }

  std::unique_ptr<Swtpm> tpm_;
};

TEST_P(CredentialWithTpm, TheTpmReleasesOurSecret) {
  const Result<PublicArea> ek = decoded("ek.pub");
  const Result<PublicArea> ak = decoded("ak.pub");
  ASSERT_TRUE(ek && ak);
  EXPECT_TRUE(check_endorsement_key(*ek));
  EXPECT_TRUE(check_attestation_key(*ak));
  EXPECT_EQ(ak->name(), read_file(tpm_->folder() / "ak.name"));
  for (const std::size_t size : {std::size_t{1}, std::size_t{16}, std::size_t{32}}) {
    const Bytes secret = *random_bytes(size);
    const Result<Credential> credential = make_credential(*ek, ak->name(), secret);
    ASSERT_TRUE(credential) << credential.error().to_string();
    write_credential(*tpm_, "ours", *credential);
    EXPECT_EQ(to_hex(activate("ours")), to_hex(secret)) << size;
  }
}

TEST_P(CredentialWithTpm, TheTpmReleasesTheSecretOfTheToolsToo) {
  const Bytes secret = *random_bytes(32);
  write_file(tpm_->folder() / "secret", secret);
  const Bytes name = read_file(tpm_->folder() / "ak.name");
  must({"tpm2_makecredential", "-T", "none", "-u", "ek.pub", "-s", "secret", "-n", to_hex(name),
        "-o", "theirs"});
  EXPECT_EQ(to_hex(activate("theirs")), to_hex(secret));
  // Both have the same layout: the same lengths at the same places.
  const Result<Credential> ours = make_credential(*decoded("ek.pub"), name, secret);
  ASSERT_TRUE(ours);
  write_credential(*tpm_, "ours", *ours);
  EXPECT_EQ(read_file(tpm_->folder() / "ours").size(), read_file(tpm_->folder() / "theirs").size());
}

// CVE-2021-3406: a challenge made for one AK must not be answered with another.
TEST_P(CredentialWithTpm, Cve2021_3406_AnotherAkCannotOpenIt) {
  const Result<PublicArea> ek = decoded("ek.pub");
  ASSERT_TRUE(ek);
  Bytes other_name = read_file(tpm_->folder() / "ak.name");
  other_name.back() ^= 1U;
  const Result<Credential> credential = make_credential(*ek, other_name, *random_bytes(32));
  ASSERT_TRUE(credential);
  write_credential(*tpm_, "ours", *credential);
  EXPECT_TRUE(activate("ours").empty());
}

TEST_P(CredentialWithTpm, AnotherTpmCannotOpenIt) {
  const std::unique_ptr<Swtpm> other = Swtpm::start();
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(
      other->tool({"tpm2_createek", "-c", "ek.ctx", "-G", GetParam().ek, "-u", "ek.pub"}).ok());
  const Result<PublicArea> ek = decode_tpm2b_public(read_file(other->folder() / "ek.pub"));
  ASSERT_TRUE(ek);
  const Result<Credential> credential =
      make_credential(*ek, read_file(tpm_->folder() / "ak.name"), *random_bytes(32));
  ASSERT_TRUE(credential);
  write_credential(*tpm_, "ours", *credential);
  EXPECT_TRUE(activate("ours").empty());
}

// An EK of the "high range" (TCG EK Credential Profile 2.5, B.4.5): SHA-384 names and AES-256.
TEST(CredentialWithStrongerEk, TheTpmReleasesOurSecret) {
  const std::unique_ptr<Swtpm> tpm = Swtpm::start();
  if (tpm == nullptr) {
    GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
  }
  const std::string origin = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"tpm2_createprimary", "-C", "e", "-c", "ek.ctx", "-G", "ecc384:aes256cfb", "-g",
            "sha384", "-a", origin + "|decrypt"},
           {"tpm2_readpublic", "-c", "ek.ctx", "-o", "ek.pub"},
           {"tpm2_createprimary", "-C", "e", "-c", "ak.ctx", "-G", "ecc384:ecdsa-sha384:null", "-g",
            "sha384", "-a", origin + "|sign"},
           {"tpm2_readpublic", "-c", "ak.ctx", "-n", "ak.name"}}) {
    const Finished finished = tpm->tool(arguments);
    ASSERT_TRUE(finished.ok()) << arguments[0] << ": " << finished.output;
    ASSERT_TRUE(tpm->tool({"tpm2_flushcontext", "-t"}).ok());
  }
  const Result<PublicArea> ek = decode_tpm2b_public(read_file(tpm->folder() / "ek.pub"));
  ASSERT_TRUE(ek);
  EXPECT_EQ(ek->name_algorithm, HashAlgorithm::kSha384);
  EXPECT_EQ(ek->symmetric_bits, 256);
  const Bytes secret = *random_bytes(48);
  const Result<Credential> credential =
      make_credential(*ek, read_file(tpm->folder() / "ak.name"), secret);
  ASSERT_TRUE(credential);
  write_credential(*tpm, "ours", *credential);
  const Finished finished = tpm->tool(
      {"tpm2_activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", "ours", "-o", "released"});
  EXPECT_TRUE(finished.ok()) << finished.output;
  EXPECT_EQ(to_hex(read_file(tpm->folder() / "released")), to_hex(secret));
}

INSTANTIATE_TEST_SUITE_P(Keys, CredentialWithTpm,
                         ::testing::Values(Algorithms{"rsa", "rsa", "rsassa"},
                                           Algorithms{"rsa", "ecc", "ecdsa"},
                                           Algorithms{"ecc", "ecc", "ecdsa"},
                                           Algorithms{"ecc", "rsa", "rsapss"}),
                         [](const auto& instance) {
                           return std::string(instance.param.ek) + "Ek" + instance.param.ak_scheme;
                         });

}  // namespace
}  // namespace quotemill
